"""Drawing for the desk, in processes of its own."""
