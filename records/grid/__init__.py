"""The grid: pages of images by a filter, and groups of similar ones."""
