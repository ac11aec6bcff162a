"""States of images, batches, shards, templates and rollouts, and the allowed moves. Only ``records`` applies them."""

from enum import StrEnum


class ImageState(StrEnum):
    """State of one image."""

    WAITING = "waiting"  # waits for a shard of its next step
    WORKING = "working"  # belongs to an open shard
    HELD = "held"  # its batch is halted
    FLAGGED = "flagged"  # waits for a person's decision
    DELIVERED = "delivered"  # its file is in the delivered folder
    REJECTED = "rejected"  # the input is unusable; the vendor gets the reason
    DISCARDED = "discarded"  # rejected by a person
    FAILED = "failed"  # processing failed


class BatchState(StrEnum):
    """State of one batch. ``HALTED`` means that the breaker tripped, ``PROBING`` that it is probing."""

    RUNNING = "running"
    HALTED = "halted"
    PROBING = "probing"
    DONE = "done"


class ShardState(StrEnum):
    """State of one shard. Its lease shows whether a worker processes it."""

    OPEN = "open"
    DONE = "done"


class TemplateState(StrEnum):
    """State of a vendor template: text that recurs at one place on a vendor's photos."""

    PROPOSED = "proposed"  # detected by Sluice, not decided yet
    CONFIRMED = "confirmed"  # a person decided that it is an overlay
    DISMISSED = "dismissed"  # a person decided that it is not an overlay or must stay


class RolloutState(StrEnum):
    """State of one rollout: a candidate model beside the model in use."""

    SHADOW = "shadow"  # both models run on chosen photos; the picture of the model in use goes on
    RAMP = "ramp"  # both run on a growing share of photos; the candidate's picture goes on
    PROMOTED = "promoted"  # the candidate runs in place of the model it was compared with
    ROLLED_BACK = "rolled_back"  # the candidate is off, and photos that went on with it are sent round again
    INCONCLUSIVE = "inconclusive"  # the candidate is off until a person decides


SETTLED = frozenset(
    {
        ImageState.FLAGGED,
        ImageState.DELIVERED,
        ImageState.REJECTED,
        ImageState.DISCARDED,
        ImageState.FAILED,
    }
)
"""States of images in a finished batch."""

IMAGE_MOVES: frozenset[tuple[ImageState, ImageState]] = frozenset(
    {
        (ImageState.WAITING, ImageState.WORKING),
        (ImageState.WAITING, ImageState.HELD),
        (ImageState.WAITING, ImageState.FAILED),
        (ImageState.WORKING, ImageState.WAITING),
        (ImageState.WORKING, ImageState.HELD),
        (ImageState.WORKING, ImageState.FLAGGED),
        (ImageState.WORKING, ImageState.DELIVERED),
        (ImageState.WORKING, ImageState.REJECTED),
        (ImageState.WORKING, ImageState.FAILED),
        (ImageState.HELD, ImageState.WAITING),
        # a person's decisions
        (ImageState.FLAGGED, ImageState.WAITING),
        (ImageState.FLAGGED, ImageState.DISCARDED),
        (ImageState.FAILED, ImageState.WAITING),
        (ImageState.FAILED, ImageState.DISCARDED),
        (ImageState.FAILED, ImageState.FLAGGED),
        (ImageState.REJECTED, ImageState.WAITING),
        (ImageState.DISCARDED, ImageState.WAITING),
        (ImageState.DISCARDED, ImageState.FLAGGED),
        (ImageState.DELIVERED, ImageState.WAITING),
        (ImageState.DELIVERED, ImageState.FLAGGED),
        (ImageState.DELIVERED, ImageState.DISCARDED),
        # undoing a person's decision
        (ImageState.WAITING, ImageState.FLAGGED),
        (ImageState.WAITING, ImageState.REJECTED),
        (ImageState.WAITING, ImageState.DISCARDED),
        (ImageState.HELD, ImageState.FLAGGED),
        (ImageState.HELD, ImageState.FAILED),
        (ImageState.HELD, ImageState.REJECTED),
        (ImageState.HELD, ImageState.DISCARDED),
        (ImageState.FLAGGED, ImageState.FAILED),
        (ImageState.FLAGGED, ImageState.REJECTED),
        (ImageState.DELIVERED, ImageState.FAILED),
        (ImageState.DELIVERED, ImageState.REJECTED),
        (ImageState.DISCARDED, ImageState.FAILED),
        (ImageState.DISCARDED, ImageState.REJECTED),
        (ImageState.FAILED, ImageState.REJECTED),
        (ImageState.REJECTED, ImageState.FLAGGED),
        (ImageState.REJECTED, ImageState.FAILED),
        (ImageState.REJECTED, ImageState.DISCARDED),
    }
)

BATCH_MOVES: frozenset[tuple[BatchState, BatchState]] = frozenset(
    {
        (BatchState.RUNNING, BatchState.HALTED),
        (BatchState.RUNNING, BatchState.DONE),
        (BatchState.HALTED, BatchState.PROBING),
        (BatchState.PROBING, BatchState.RUNNING),
        (BatchState.PROBING, BatchState.HALTED),
        (BatchState.DONE, BatchState.RUNNING),
    }
)

ROLLOUT_MOVES: frozenset[tuple[RolloutState, RolloutState]] = frozenset(
    {
        (RolloutState.SHADOW, RolloutState.RAMP),
        (RolloutState.SHADOW, RolloutState.PROMOTED),
        (RolloutState.SHADOW, RolloutState.ROLLED_BACK),
        (RolloutState.SHADOW, RolloutState.INCONCLUSIVE),
        (RolloutState.RAMP, RolloutState.PROMOTED),
        (RolloutState.RAMP, RolloutState.ROLLED_BACK),
        (RolloutState.RAMP, RolloutState.INCONCLUSIVE),
        (RolloutState.INCONCLUSIVE, RolloutState.PROMOTED),
        (RolloutState.INCONCLUSIVE, RolloutState.ROLLED_BACK),
        (RolloutState.PROMOTED, RolloutState.ROLLED_BACK),
    }
)

TRYING = frozenset({RolloutState.SHADOW, RolloutState.RAMP})
"""States of a rollout in which both models run on chosen photos."""
