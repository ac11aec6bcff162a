"""The Postgres tables, as the newest migration leaves them. (Networks live in ``models``, not here.)"""

from records.tables.columns import batch_state, image_state, metadata, shard_state, template_state
from records.tables.image import batch_moves, events, image_counts, image_moves, images, steps
from records.tables.people import bulk_answers, decisions, templates, troubles
from records.tables.upload import batches, recipe_changes, recipes, sightings
from records.tables.work import shards, withdrawals, workers

__all__ = [
    "batch_moves",
    "batch_state",
    "batches",
    "bulk_answers",
    "decisions",
    "events",
    "image_counts",
    "image_moves",
    "image_state",
    "images",
    "metadata",
    "recipe_changes",
    "recipes",
    "shard_state",
    "shards",
    "sightings",
    "steps",
    "template_state",
    "templates",
    "troubles",
    "withdrawals",
    "workers",
]
