"""Gates of what was erased and filled."""
