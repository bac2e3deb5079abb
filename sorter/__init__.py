"""The decisions: arrays and values in, values out. Read ``sorter.pipeline`` first."""
