"""Reports and diagnostic pictures of the gates' readings."""
