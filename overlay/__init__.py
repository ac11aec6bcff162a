"""What tells an overlay from the product's own print, and which pixels it covers; pure functions."""
