"""One step of one shard: claim, read, run, judge, store."""
