"""Labelled photographs as others keep them: YOLO and Pascal VOC folders, read as datasets."""
