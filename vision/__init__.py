"""The networks: pixels in, detections and embeddings out. Only this folder imports torch."""
