"""The verbs of the ``sluice`` command, a few to a file."""
