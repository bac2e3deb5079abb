"""Networks that were exported to ONNX, run without torch."""
