"""What programs are let in by: tokens, and what they began."""
