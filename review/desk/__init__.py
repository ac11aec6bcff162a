"""The review desk: web pages on which people look at flagged images and decide."""
