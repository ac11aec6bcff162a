"""What one machine needs to run the line: embedded servers, the supervisor, starting and stopping."""
