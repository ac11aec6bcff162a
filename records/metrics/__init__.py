"""Counters of the whole line for monitoring, kept in Postgres in the transactions that change them."""
