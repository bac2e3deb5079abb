"""Labelled photographs as others keep them: COCO, YOLO and Pascal VOC, read as datasets."""
