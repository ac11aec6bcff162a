"""Shards: made from waiting images, claimed under a lease, and taken back when their worker is gone."""

from records.shards.dispatch import MAX_ATTEMPTS, create, in_flight, messages, next_keys
from records.shards.lease import NO_LEASE, advance, claim, is_past, release, renew
from records.shards.types import Claim, NewShard, Owner, Route, ShardInFlight, ShardMessage

__all__ = [
    "MAX_ATTEMPTS",
    "NO_LEASE",
    "Claim",
    "NewShard",
    "Owner",
    "Route",
    "ShardInFlight",
    "ShardMessage",
    "advance",
    "claim",
    "create",
    "in_flight",
    "is_past",
    "messages",
    "next_keys",
    "release",
    "renew",
]
