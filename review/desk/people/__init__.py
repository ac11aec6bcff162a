"""Who uses the desk: accounts in a file, sessions, and names from a reverse proxy."""
