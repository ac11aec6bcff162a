"""Work on many pictures in several processes."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

PROGRESS_EVERY = 25
"""Number of pictures between two lines of progress when stderr is a file."""
Item = TypeVar("Item")
Result = TypeVar("Result")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def parallel_map(work: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """``work`` of each item, in order, with progress on stderr.

    Each process gets one thread for linear algebra: several threads would wait for each other and take three times as
    long. A variable that the caller has set stays as it is.
    """
    unset = [name for name in THREAD_VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(unset, "1"))
    try:
        # spawn, not fork: a fork copies locks that OpenCV's threads hold, and can hang
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for number, result in enumerate(pool.map(work, items), 1):
                yield result
                if sys.stderr.isatty():
                    print(f"\r{number}/{len(items)} pictures", end="", file=sys.stderr, flush=True)
                elif number % PROGRESS_EVERY == 0 or number == len(items):
                    print(f"{number}/{len(items)} pictures", file=sys.stderr, flush=True)
    finally:
        for name in unset:
            del os.environ[name]
    if sys.stderr.isatty():
        print(file=sys.stderr)
