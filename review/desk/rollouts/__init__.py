"""Rollouts on the desk: their states and counters, decisions, and blind comparison of pairs."""
