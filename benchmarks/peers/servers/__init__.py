"""One server a system; each runs in a virtual environment that knows nothing of this project."""
