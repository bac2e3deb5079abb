"""Measurements that compare: whole scenes, paired, with figures and pictures for the docs."""
