"""The schema's history, applied by :func:`records.database.migrate`."""
