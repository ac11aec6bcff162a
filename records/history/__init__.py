"""What people decided about images, and how it is undone."""
