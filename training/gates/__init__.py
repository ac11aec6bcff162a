"""Good and bad edits of photos, and the training of the gate ``fill_evidence`` on them."""
