"""The robot's side: a client that never loses a picture, and a virtual arm with its table."""
