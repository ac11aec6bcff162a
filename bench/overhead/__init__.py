"""What the line costs over a bare process pool."""
