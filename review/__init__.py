"""The people's side: the ``sluice`` command."""
