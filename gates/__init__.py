"""Quality gates: metrics turn pictures into readings, checks compare readings with limits."""
