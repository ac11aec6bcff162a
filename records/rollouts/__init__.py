"""Rollouts in Postgres: candidate models beside the models in use, pairs of results, and what becomes of them."""
