"""Injects faults into a stack of real processes and counts what was lost and what was doubled."""
