"""The states of an image and of a batch, and which may follow which; ``records`` alone applies them."""

from enum import StrEnum


class ImageState(StrEnum):
    """Where one image is; exactly one at any time."""

    WAITING = "waiting"  # its next step is known, no shard carries it
    WORKING = "working"  # a shard carries it
    HELD = "held"  # its batch is halted
    FLAGGED = "flagged"  # a person is asked
    DELIVERED = "delivered"  # its file lies in the delivered folder
    REJECTED = "rejected"  # the input cannot be used; the reason is for the vendor
    DISCARDED = "discarded"  # a person decided against it
    FAILED = "failed"  # the line could not process it


class BatchState(StrEnum):
    """Where one batch is. The breaker is closed, tripped (``halted``) or ``probing``."""

    RUNNING = "running"
    HALTED = "halted"
    PROBING = "probing"
    DONE = "done"


class ShardState(StrEnum):
    """Where one shard is; whether somebody works on it is said by its lease."""

    OPEN = "open"
    DONE = "done"


class TemplateState(StrEnum):
    """What is thought of a place where text recurs on a vendor's photos."""

    PROPOSED = "proposed"  # found by the line; nobody has decided
    CONFIRMED = "confirmed"  # a person: it is an overlay
    DISMISSED = "dismissed"  # a person: it is none, or shall stay


SETTLED = frozenset(
    {
        ImageState.FLAGGED,
        ImageState.DELIVERED,
        ImageState.REJECTED,
        ImageState.DISCARDED,
        ImageState.FAILED,
    }
)
"""States in which an image may stay when its batch is done."""

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
