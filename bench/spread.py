"""Work on many pictures in several processes."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

STEP = 25
"""Pictures between two lines of progress where they go to a file."""
Item = TypeVar("Item")
Result = TypeVar("Result")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def spread(work: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """``work`` of each item, in their order, with progress on stderr.

    Each process has one thread for linear algebra: more of them wait for each other and take three times as long.
    What is not set by the caller is so for these processes alone.
    """
    unset = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(unset, "1"))
    try:
        # spawned: a fork copies locks that OpenCV's threads hold, and hangs at times
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for number, found in enumerate(pool.map(work, items), 1):
                yield found
                if sys.stderr.isatty():
                    print(f"\r{number}/{len(items)} pictures", end="", file=sys.stderr, flush=True)
                elif number % STEP == 0 or number == len(items):
                    print(f"{number}/{len(items)} pictures", file=sys.stderr, flush=True)
    finally:
        for name in unset:
            del os.environ[name]
    if sys.stderr.isatty():
        print(file=sys.stderr)
