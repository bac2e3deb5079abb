"""The schema's history, run by :mod:`storage.schema`."""
