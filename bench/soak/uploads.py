"""Uploads of a soak: small photos, each file different, handed in until a server takes them."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "product"


def submit(folder: Path, pictures: list[bytes], first: int, count: int, recipe: Path) -> None:
    """Hand in ``count`` files as one upload; retried until the servers take it."""
    from bench.process import context
    from review.cli.upload import place

    folder.mkdir()
    for number in range(first, first + count):
        # a comment after the end of the picture: no two files are alike
        data = pictures[number % len(pictures)]
        (folder / f"photo{number:06}.jpg").write_bytes(data + f"{number:06}".encode())
    while True:
        try:
            place(context(), folder, "soak", str(recipe), out=None)
            return
        except Exception as error:  # a server is away: whoever uploads tries again
            print(f"  uploading again: {type(error).__name__}", file=sys.stderr)
            time.sleep(1.0)


def small_pictures(side: int) -> Iterator[bytes]:
    """Real photos, made small; drawn ones where there are none."""
    paths = sorted(DATA.rglob("*.jpg"))[::2][:150] if DATA.is_dir() else []
    for path in paths:
        read = cv2.imread(str(path))
        if read is not None:
            scale = side / max(read.shape[:2])
            small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield cv2.imencode(".jpg", small)[1].tobytes()
    for seed in range(0 if paths else 150):
        rough = np.random.default_rng(seed).integers(40, 216, (3, 5, 3), dtype=np.uint8)
        drawn = cv2.resize(rough, (side, side * 2 // 3), interpolation=cv2.INTER_CUBIC)
        yield cv2.imencode(".jpg", drawn)[1].tobytes()
