"""Gates of whole pictures and files."""
