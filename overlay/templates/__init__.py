"""What a vendor lays over its photos."""
