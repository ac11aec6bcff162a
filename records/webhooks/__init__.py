"""What is announced to other systems: events, who wants them, and what became of each."""
