"""The gates, one a file; a file dropped here is found by itself."""
