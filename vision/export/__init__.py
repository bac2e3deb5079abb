"""Networks of torch written down as ONNX, and how well the two agree."""
