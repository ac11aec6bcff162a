"""The overlay map of a photo."""
