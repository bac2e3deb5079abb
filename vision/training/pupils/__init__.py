"""The detectors that can be taught: one module a library, imported when its kind is asked for."""
