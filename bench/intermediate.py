"""Which lossless format between steps? Writes, reads and sizes of real photos, and of masks.

python -m bench.intermediate
"""

import hashlib
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import qoi
from numpy.typing import NDArray
from PIL import Image

from bench import entry
from imaging.decode import decode
from imaging.intermediate import decode_mask, encode_mask
from line.errors import InputError

Pixels = NDArray[np.uint8]
Codec = tuple[Callable[[Pixels], bytes], Callable[[bytes], Pixels]]
PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "product"


def npy_encode(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    np.save(out, pixels)
    return out.getvalue()


def pillow(form: str, **options: Any) -> Codec:
    def write(pixels: Pixels) -> bytes:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, form, **options)
        return out.getvalue()

    return write, lambda data: np.array(Image.open(io.BytesIO(data)))


def opencv(suffix: str, *options: int) -> Codec:
    def write(pixels: Pixels) -> bytes:
        return cv2.imencode(suffix, pixels, options)[1].tobytes()

    def read(data: bytes) -> Pixels:
        return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)

    return write, read


PICTURES: dict[str, Codec] = {
    "raw npy": (npy_encode, lambda data: np.load(io.BytesIO(data))),
    "QOI": (lambda pixels: bytes(qoi.encode(pixels)), qoi.decode),
    "PNG level 1 (OpenCV)": opencv(".png", cv2.IMWRITE_PNG_COMPRESSION, 1),
    "PNG level 1 (Pillow)": pillow("PNG", compress_level=1),
    "PNG level 6 (Pillow)": pillow("PNG"),
    "WebP lossless m0": pillow("WEBP", lossless=True, method=0, quality=0),
    "TIFF raw": pillow("TIFF"),
    "TIFF LZW": pillow("TIFF", compression="tiff_lzw"),
}
MASKS: dict[str, Codec] = {
    "raw npy": PICTURES["raw npy"],
    "PNG level 1 (OpenCV)": PICTURES["PNG level 1 (OpenCV)"],
    "PNG run lengths": (encode_mask, decode_mask),
    "WebP lossless m0": (
        lambda mask: PICTURES["WebP lossless m0"][0](np.dstack([mask] * 3)),
        lambda data: PICTURES["WebP lossless m0"][1](data)[..., 0],
    ),
}


def load(folder: Path, count: int) -> list[Pixels]:
    """``count`` photos spread over the folder, or drawn ones where there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    photos: list[Pixels] = []
    for path in files[:: max(1, len(files) // count)][:count]:
        try:
            photos.append(np.asarray(decode(path.name, path.read_bytes()).rgb))
        except InputError as error:
            print(f"left out {path.name}: {error}")
    if not photos:
        print(f"no photos under {folder}: using drawn ones, whose sizes say little")
        noise = np.random.default_rng(0).normal(0, 2, (900, 1200, 3))
        ramp = np.linspace(40, 220, 1200)[None, :, None]
        photos = [np.clip(ramp + noise, 0, 255).astype(np.uint8)]
    return photos


def draw_mask(pixels: Pixels) -> Pixels:
    """A feathered mask as text erasing makes them: six lines over a tenth of the picture."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for line in range(6):
        top = height * (line + 1) // 8
        cv2.putText(mask, "Sale 50% off", (width // 10, top), 0, width / 400, 255, max(2, width // 150))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(mask, np.ones((5, 5))), (7, 7), 0), np.uint8)


def measure(codecs: dict[str, Codec], photos: list[Pixels], repeats: int) -> list[dict[str, Any]]:
    """Milliseconds and bytes per megapixel; formats take turns, so that a slow spell hits all alike."""
    spent: dict[tuple[str, str], list[float]] = {}
    size = dict.fromkeys(codecs, 0)
    megapixels = sum(photo.shape[0] * photo.shape[1] for photo in photos) / 1e6
    for repeat in range(repeats):
        totals = {name: {"write": 0.0, "sha256": 0.0, "read": 0.0} for name in codecs}
        for photo in photos:
            for name, (write, read) in codecs.items():
                start = time.perf_counter()
                data = write(photo)
                written = time.perf_counter()
                hashlib.sha256(data).digest()
                hashed = time.perf_counter()
                back = read(data)
                done = time.perf_counter()
                if not np.array_equal(back, photo) or write(photo) != data:
                    raise SystemExit(f"{name} is not lossless or not the same twice")
                totals[name]["write"] += written - start
                totals[name]["sha256"] += hashed - written
                totals[name]["read"] += done - hashed
                size[name] += len(data) if repeat == 0 else 0
        for name, parts in totals.items():
            for part, seconds in parts.items():
                spent.setdefault((name, part), []).append(1000 * seconds / megapixels)
    rows = []
    for name in codecs:
        row = {part: statistics.median(spent[name, part]) for part in ("write", "sha256", "read")}
        rows.append({"format": name, **row, "all": sum(row.values()), "mb": size[name] / 1e6 / megapixels})
    return rows


def show(title: str, rows: list[dict[str, Any]]) -> None:
    print(f"\n{title}: ms and MB per megapixel")
    print(f"{'':24}{'write':>8}{'sha256':>8}{'read':>8}{'all':>8}{'MB':>8}")
    for row in rows:
        figures = "".join(f"{row[key]:8.1f}" for key in ("write", "sha256", "read", "all"))
        print(f"{row['format']:24}{figures}{row['mb']:8.3f}")


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    options = entry.parse(parser, quick={"count": 4, "repeats": 1})
    cv2.setNumThreads(1)
    photos = load(options.photos, options.count)
    megapixels = sum(photo.shape[0] * photo.shape[1] for photo in photos) / 1e6
    print(f"{len(photos)} photos, {megapixels:.1f} megapixels, medians of {options.repeats}, one thread")
    pictures = measure(PICTURES, photos, options.repeats)
    masks = measure(MASKS, [draw_mask(photo) for photo in photos], options.repeats)
    show("pictures", pictures)
    show("masks", masks)
    figures = {"photos": len(photos), "megapixels": megapixels, "pictures": pictures, "masks": masks}
    entry.write(options.json, figures)


if __name__ == "__main__":
    main()
