"""Decides what runs: intake, plan, dispatch, breaker, sweep."""
