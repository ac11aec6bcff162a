"""Shards, their routes and their owners."""

from dataclasses import dataclass

from line.image import Image
from line.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Route:
    """The steps a chain takes: positions in the recipe, and the transform and queue of each."""

    positions: tuple[int, ...]
    transforms: tuple[str, ...]
    queues: tuple[str, ...]

    def rest(self, at: int) -> "Route":
        """What is left of it from index ``at`` on."""
        return Route(self.positions[at:], self.transforms[at:], self.queues[at:])


@dataclass(frozen=True, slots=True)
class NewShard:
    """Images that are to travel one chain together."""

    batch_id: int
    recipe: str
    route: Route
    image_ids: tuple[int, ...]
    megapixels: float
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that works on a shard.

    Attributes:
        process: its identity, see ``records.process_identity``; empty where the system does not tell.
        worker: identity of the worker that it is a child of.
    """

    node: str
    host: str
    pid: int
    process: str = ""
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A shard that this process may work on until its lease ends."""

    shard_id: int
    batch_id: int
    number: int
    at: int
    position: int
    owner: Owner
    recipe: Recipe
    out: str
    images: tuple[Image, ...]
    is_last: bool
    failures: int = 0
    """Tries in a row that an outage ended."""


@dataclass(frozen=True, slots=True)
class ShardMessage:
    """What a message about an open shard needs.

    Attributes:
        at: index into its route of the next step.
        attempt: how often it was sent.
        images: how many it holds.
        vendor, upload: for the people who read Flower.
    """

    shard_id: int
    batch_id: int
    number: int
    at: int
    attempt: int
    images: int
    route: Route
    vendor: str
    upload: str


@dataclass(frozen=True, slots=True)
class ShardInFlight:
    """An open shard, as the window counts it.

    Attributes:
        queues_left: of the steps before it.
        is_stuck: it was sent again and again, and no worker could do it: its model is ready nowhere.
    """

    batch_id: int
    queues_left: tuple[str, ...]
    is_stuck: bool
