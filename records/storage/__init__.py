"""The bucket and temporary files."""
