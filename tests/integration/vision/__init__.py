"""Tests that load torch, which takes seconds by itself."""
