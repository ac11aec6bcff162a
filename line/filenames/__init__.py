"""File names of uploads: sanitising, names that are not UTF-8, and what a name tells about a file."""
