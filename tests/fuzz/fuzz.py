"""Coverage-guided fuzzing of what reads a vendor's bytes: ``python tests/fuzz/fuzz.py photo --seconds 600``.

The fuzzer (atheris, on libFuzzer) changes sample files, keeps those that reach new Python code, and stops at
the first that ends in anything but a picture, an entry or a refusal; that input lies in the corpus
folder as ``crash-…``. Decoders written in C are reached but not measured, so they are fuzzed blindly.
"""

import argparse
import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import category

import atheris

with atheris.instrument_imports(include=["line", "PIL", "zipfile", "pillow_heif"]):
    import numpy as np
    from PIL import Image
    from pillow_heif import from_pillow

    from imaging.archives.entry import ArchiveError, ArchiveLimits
    from imaging.archives.reader import entries
    from imaging.decode import decode
    from imaging.limits import Limits
    from imaging.refusal import RefusedError
    from line.filenames.names import safe_path

LIMITS = Limits(max_bytes=1_000_000, max_pixels=1_000_000, max_side=4_000, min_side=1, first_frame=True)
ARCHIVE_LIMITS = ArchiveLimits(max_entries=1000, max_bytes=20_000_000, max_entry_bytes=5_000_000)


def photo(data: bytes) -> None:
    """A picture within the limits, or a refusal with a code and a sentence."""
    try:
        decoded = decode("a.jpg", data, limits=LIMITS)
    except RefusedError as refusal:
        if not (refusal.reason.isidentifier() and refusal.sentence.endswith((".", ")"))):
            raise RuntimeError(f"a refusal that tells nothing: {refusal}") from refusal
        return
    rgb = decoded.rgb
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.flags.c_contiguous:
        raise RuntimeError(f"not a picture: {rgb.shape} {rgb.dtype}")
    LIMITS.check_size(rgb.shape[1], rgb.shape[0])


def archive(data: bytes) -> None:
    """Entries under names that can be shown and written, of no more bytes than allowed, or a refusal."""
    names = set()
    spent = 0
    try:
        for entry in entries(io.BytesIO(data), ARCHIVE_LIMITS):
            names.add(entry.name)
            path = safe_path(entry.name)
            controls = any(category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in entry.name)
            if controls or ".." in path.split("/") or path.startswith("/") or not path:
                raise RuntimeError(f"a dangerous name: {entry.name!r} as {path!r}")
            if entry.refusal is None:
                spent += taken(entry.chunks())
    except ArchiveError:
        return
    if spent > ARCHIVE_LIMITS.max_bytes:
        raise RuntimeError(f"{spent} bytes came out")


def taken(chunks: Iterator[bytes]) -> int:
    """Bytes that came out before the end or a refusal."""
    count = 0
    try:
        for chunk in chunks:
            count += len(chunk)
    except RefusedError:
        pass
    return count


def photos() -> Iterator[bytes]:
    """Small files of every kind and mode to begin with."""
    ramp = np.linspace(0, 255, 24 * 17 * 3).reshape(17, 24, 3).astype(np.uint8)
    rgb = Image.fromarray(ramp)
    exif = Image.Exif()
    exif[0x0112] = 6
    for form in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"):
        yield saved(rgb, form, **({"exif": exif} if form in ("JPEG", "PNG", "WEBP", "TIFF") else {}))
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield saved(rgb.convert("L").convert(mode) if mode == "I;16" else rgb.convert(mode), "PNG")
    for mode in ("1", "CMYK", "F", "LAB", "I", "RGBA"):
        plain = Image.frombytes("LAB", rgb.size, ramp.tobytes()) if mode == "LAB" else rgb.convert(mode)
        for packing in (None, "tiff_lzw", "tiff_deflate"):
            yield saved(plain, "TIFF", compression=packing)
    yield saved(rgb.convert("CMYK"), "JPEG")
    yield saved(rgb, "JPEG", progressive=True)
    yield saved(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)])
    out = io.BytesIO()
    from_pillow(rgb).save(out)
    yield out.getvalue()


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def archives() -> Iterator[bytes]:
    """Small zips of the ways to pack, with names of many kinds."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as file:
            for name in ("a.jpg", "b/ü.png", "../c.jpg", "d.zip", "e/", "__MACOSX/f", "靴.tif"):
                file.writestr(name, name.encode() * 40)
        yield out.getvalue()
    yield b"PK\x05\x06" + bytes(18)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]]]] = {
    "photo": (photo, photos),
    "archive": (archive, archives),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz what reads a vendor's bytes.")
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="kept between runs; build/fuzz/TARGET where not given")
    parser.add_argument("--seeds", type=Path, help="a folder of more files to begin with, such as odd photos")
    wanted = parser.parse_args()
    target, samples = TARGETS[wanted.target]
    corpus = wanted.corpus or Path("build/fuzz") / wanted.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples()):
        (corpus / f"sample-{number}").write_bytes(sample)
    options = [f"-max_total_time={wanted.seconds}", "-timeout=20", "-rss_limit_mb=3000", "-max_len=65536"]
    options += [f"-artifact_prefix={corpus}/", "-print_final_stats=1", "-verbosity=1"]
    folders = [str(folder) for folder in (corpus, wanted.seeds) if folder]
    atheris.Setup([sys.argv[0], *options, *folders], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
