"""Money: accounts, what shards reserve of them, and estimates from what was measured."""
