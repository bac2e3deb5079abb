"""Detectron2's networks as detectors: configurations, weights, zoo names and inference."""
