"""Faults of a soak: processes and servers killed at random, and the longest standstill that follows."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil
import redis


@dataclass
class Chaos:
    """Breaks one thing after another.

    Attributes:
        faults: how many of each kind.
    """

    random: random.Random
    pause: tuple[float, float]
    kinds: dict[str, Callable[[], bool]]
    faults: Counter[str] = field(default_factory=Counter)
    due: float = 0.0

    def go(self) -> None:
        now = time.monotonic()
        if now < self.due:
            return
        kind = self.random.choice(sorted(self.kinds))
        if self.kinds[kind]():
            self.faults[kind] += 1
        self.due = now + self.random.uniform(*self.pause)


def fault_kinds(
    pids: Callable[[], dict[str, int]], client: Any, workers: int, seed: int
) -> dict[str, Callable[[], bool]]:
    """What may break, by the words under which the report counts it; each answers whether something broke."""
    chance = random.Random(seed + 1)

    def kill(name: str) -> bool:
        with suppress(ProcessLookupError, KeyError):
            os.kill(pids()[name], signal.SIGKILL)
            return True
        return False

    def child() -> bool:
        with suppress(psutil.Error, KeyError, IndexError):
            psutil.Process(pids()[f"worker-{chance.randrange(workers)}"]).children()[-1].kill()
            return True
        return False

    def flush() -> bool:
        with suppress(redis.RedisError):
            client.flushall()
            return True
        return False

    return {
        "worker killed": lambda: kill(f"worker-{chance.randrange(workers)}"),
        "worker's child killed": child,
        "scheduler killed": lambda: kill("scheduler"),
        "Redis killed": lambda: kill("redis"),
        "Redis emptied": flush,
        "Postgres killed": lambda: kill("postgres"),
    }


@dataclass
class Stall:
    """The longest time in which nothing settled although something was to be done."""

    longest: float = 0.0
    unsettled: int | None = None
    since: float = field(default_factory=time.monotonic)

    def look(self, busy: int | None) -> None:
        now = time.monotonic()
        if busy is not None and busy != self.unsettled:
            self.unsettled, self.since = busy, now
        elif busy != 0:
            self.longest = max(self.longest, now - self.since)
