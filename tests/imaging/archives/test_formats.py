"""7z and tar are opened like zip, within the same limits."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from typing import Any

import py7zr
import pytest
from backports import zstd

from imaging.archives.entry import ArchiveError, ArchiveLimits
from imaging.archives.reader import entries
from imaging.refusal import RefusedError

FILES = {
    "caps/grün.jpg": b"a" * 200_000,
    "b.png": b"b" * 10,
    "empty.jpg": b"",
    "in.zip": b"x",
    "._b.png": b"x",
}
TAKEN = {"caps/grün.jpg": 200_000, "b.png": 10, "empty.jpg": 0, "in.zip": "nested_archive"}
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
}


def tarred(files: dict[str, bytes], encoding: str = "utf-8", *more: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding=encoding, format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for member in more:
            archive.addfile(member)
    return out.getvalue()


def seven_zipped(files: dict[str, bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()


def packed(kind: str, files: dict[str, bytes]) -> bytes:
    return seven_zipped(files) if kind == "7z" else COMPRESSORS[kind](tarred(files))


def contents(data: bytes, limits: ArchiveLimits | None = None) -> dict[str, int | str]:
    """Name to the size of what came out, or to the reason of the refusal."""
    by_name: dict[str, int | str] = {}
    for entry in entries(io.BytesIO(data), limits or ArchiveLimits()):
        try:
            by_name[entry.name] = entry.refusal.reason if entry.refusal else len(b"".join(entry.chunks()))
        except RefusedError as refusal:
            by_name[entry.name] = refusal.reason
    return by_name


@pytest.mark.parametrize("kind", [*COMPRESSORS, "7z"])
def test_files_come_out_as_they_went_in_and_litter_does_not(kind: str) -> None:
    assert contents(packed(kind, FILES)) == TAKEN


@pytest.mark.parametrize("kind", [*COMPRESSORS, "7z"])
def test_files_that_nobody_reads_are_passed_over(kind: str) -> None:
    assert [entry.name for entry in entries(io.BytesIO(packed(kind, FILES)))] != []


@pytest.mark.parametrize("kind", [*COMPRESSORS, "7z"])
def test_half_an_archive_is_refused_as_a_whole(kind: str) -> None:
    data = packed(kind, FILES)
    with pytest.raises(ArchiveError):
        contents(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "7z"])
def test_limits_are_those_of_a_zip(kind: str) -> None:
    data = packed(kind, FILES)
    assert contents(data, ArchiveLimits(max_entry_bytes=1000)) == TAKEN | {"caps/grün.jpg": "too_many_bytes"}
    with pytest.raises(ArchiveError, match="unpacks to more"):
        contents(data, ArchiveLimits(max_bytes=50_000))
    with pytest.raises(ArchiveError, match="files"):
        contents(data, ArchiveLimits(max_entries=2))


def test_links_devices_and_paths_that_lead_out_are_refused() -> None:
    link, device = tarfile.TarInfo("link.jpg"), tarfile.TarInfo("pipe.jpg")
    link.type, link.linkname, device.type = tarfile.SYMTYPE, "/etc/passwd", tarfile.FIFOTYPE
    data = tarred({"../up.jpg": b"x", "/etc/x.jpg": b"x", "a.jpg": b"x"}, "utf-8", link, device)
    assert contents(data) == {
        "../up.jpg": "outside_path",
        "/etc/x.jpg": "outside_path",
        "a.jpg": 1,
        "link.jpg": "link",
        "pipe.jpg": "not_a_file",
    }


def test_names_of_a_tar_may_have_any_encoding_and_keep_their_bytes() -> None:
    names = ["Красная шапка.jpg", "Синяя рубашка.jpg"]
    listed = list(entries(io.BytesIO(tarred(dict.fromkeys(names, b"x"), "cp1251"))))
    assert [entry.name for entry in listed] == names
    assert [entry.raw_name for entry in listed] == [name.encode("cp1251") for name in names]


def test_an_encrypted_7z_is_refused_in_one_sentence() -> None:
    with pytest.raises(ArchiveError, match="without a password"):
        contents(seven_zipped(FILES, password="secret"))


def test_of_a_damaged_7z_what_came_before_is_taken_and_the_rest_refused() -> None:
    noise = {f"{number}.jpg": bytes(range(256)) * 400 + bytes([number]) * 1000 for number in range(4)}
    data = bytearray(seven_zipped(noise))
    data[len(data) // 2] ^= 0xFF
    try:
        listed = contents(bytes(data))
    except ArchiveError:
        return  # its table of contents was hit
    assert "damaged_entry" in listed.values()
