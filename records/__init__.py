"""What outlives a process: Postgres tables, the only code that moves a state, the buckets."""
