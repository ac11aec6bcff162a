"""Marks and rights in a picture's metadata: read from what came in, written into what goes out."""
