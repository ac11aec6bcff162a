"""Read-only views of the records."""
