"""Work on many photos in several processes."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def spread(work: Callable[[Item], Result], items: Sequence[Item], processes: int) -> Iterator[Result]:
    """``work`` of each item, in their order, with progress on stderr.

    Each process has one thread for linear algebra: more of them wait for each other and take three times as long.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    # spawned: a fork copies locks that OpenCV's threads hold, and hangs at times
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for number, found in enumerate(pool.map(work, items), 1):
            yield found
            print(f"\r{number}/{len(items)} photos", end="", file=sys.stderr)
    print(file=sys.stderr)
