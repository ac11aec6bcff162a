"""The live overview: one reader of the records for all open pages, and the stream of what changes."""
