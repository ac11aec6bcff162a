"""Commands that run the line and show its state."""
