"""Private Postgres and Redis for one machine, from wheels alone: nothing to install, nothing left running."""
