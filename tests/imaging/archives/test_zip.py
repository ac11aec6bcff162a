import io
import stat
import tracemalloc
import zipfile
from typing import Any
from unicodedata import category

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imaging.archives.entry import ArchiveError, ArchiveLimits
from imaging.archives.reader import entries
from imaging.refusal import RefusedError
from line.filenames.names import safe_path
from tests.harness.pictures.damage import damaged

DEFLATED = zipfile.ZIP_DEFLATED


def packed(*files: Any, method: int = DEFLATED) -> io.BytesIO:
    """A zip of (name or ZipInfo, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    out.seek(0)
    return out


def special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


LIMITS = ArchiveLimits()


def contents(file: Any, limits: Any = LIMITS) -> dict[str, bytes | str]:
    """Name to bytes, or to the reason of the refusal."""
    by_name: dict[str, bytes | str] = {}
    for entry in entries(file, limits):
        try:
            by_name[entry.name] = entry.refusal.reason if entry.refusal else b"".join(entry.chunks())
        except RefusedError as refusal:
            by_name[entry.name] = refusal.reason
    return by_name


def test_files_come_out_as_they_went_in_and_litter_does_not() -> None:
    file = packed(
        ("spring/", b""),
        ("spring/a.jpg", b"a" * 200_000),
        ("b.png", b"b"),
        ("__MACOSX/spring/._a.jpg", b"x"),
        ("spring/._b.png", b"x"),
        (".DS_Store", b"x"),
        ("spring/Thumbs.db", b"x"),
    )
    assert contents(file) == {"spring/a.jpg": b"a" * 200_000, "b.png": b"b"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.jpg", "outside_path"),
        ("a/../../b.jpg", "outside_path"),
        ("/etc/passwd.jpg", "outside_path"),
        ("..\\..\\a.jpg", "outside_path"),
        ("C:\\a.jpg", "outside_path"),
        ("..", "outside_path"),
        (special("link.jpg", stat.S_IFLNK | 0o777), "link"),
        (special("pipe.jpg", stat.S_IFIFO | 0o600), "not_a_file"),
        ("more.zip", "nested_archive"),
        ("more.tar.GZ", "nested_archive"),
    ],
)
def test_a_dangerous_entry_is_refused_and_its_neighbours_are_not(name: str, reason: str) -> None:
    listed = list(contents(packed(("a.jpg", b"1"), (name, b"2"), ("z.jpg", b"3"))).values())
    assert listed == [b"1", reason, b"3"]


def test_a_nul_does_not_hide_the_end_of_a_name() -> None:
    file = packed(("a.jpg_.exe", b"1"), ("b.jpg", b"2"))
    file = io.BytesIO(file.getvalue().replace(b"a.jpg_.exe", b"a.jpg\0.exe"))
    assert contents(file) == {"a.jpg_.exe": "outside_path", "b.jpg": b"2"}


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(packed(("a.jpg", b"1"), ("b.jpg", b"2")).getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    assert contents(io.BytesIO(data)) == {"a.jpg": "encrypted", "b.jpg": b"2"}


def test_packings_that_may_ask_for_gigabytes_are_refused() -> None:
    assert contents(packed(("a.jpg", b"1"), method=zipfile.ZIP_LZMA)) == {"a.jpg": "unknown_packing"}


def test_a_bomb_is_refused_for_what_it_unpacks_to() -> None:
    file = packed(("bomb.bmp", bytes(60_000_000)), ("white.bmp", bytes(3_000_000)), ("b.jpg", b"2"))
    listed = contents(file)
    assert listed["bomb.bmp"] == "ratio"
    assert len(listed["white.bmp"]) == 3_000_000, "a small flat picture is no bomb"
    assert listed["b.jpg"] == b"2"


def test_a_file_that_is_too_large_is_refused_before_it_is_unpacked() -> None:
    file = packed(("a.tif", bytes(2000)), ("b.jpg", b"2"))
    assert contents(file, ArchiveLimits(max_entry_bytes=1000)) == {"a.tif": "too_many_bytes", "b.jpg": b"2"}


def test_a_file_that_lies_about_its_size_gives_no_more_than_it_said() -> None:
    data = bytearray(packed(("a.jpg", bytes(500_000))).getvalue())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    assert contents(io.BytesIO(data)) == {"a.jpg": "damaged_entry"}


def test_all_files_together_are_counted_as_they_unpack() -> None:
    file = packed(*((f"{n}.jpg", bytes(1000)) for n in range(10)))
    with pytest.raises(ArchiveError, match="unpacks to more"):
        contents(file, ArchiveLimits(max_bytes=5000))
    file.seek(0)
    assert len(contents(file, ArchiveLimits(max_bytes=10_000))) == 10


def test_many_small_bombs_are_one_large_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imaging.archives.entry.ARCHIVE_RATIO_FROM_BYTES", 5_000_000)
    file = packed(*((f"{n}.bmp", bytes(1_000_000)) for n in range(10)))
    with pytest.raises(ArchiveError, match="unpacks to more"):
        contents(file, ArchiveLimits(max_ratio=100))
    file.seek(0)
    assert len(contents(file, ArchiveLimits(max_ratio=2000))) == 10


def test_too_many_files_are_refused_as_a_whole() -> None:
    file = packed(*((f"{n}.jpg", b"") for n in range(11)))
    with pytest.raises(ArchiveError, match="11 files"):
        contents(file, ArchiveLimits(max_entries=10))


def test_a_directory_that_is_far_too_long_is_not_even_read() -> None:
    file = packed(*((f"{'x' * 60_000}{n}", b"") for n in range(40)))
    with pytest.raises(ArchiveError, match="table of contents"):
        contents(file, ArchiveLimits(max_entries=100))


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_zip_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        contents(io.BytesIO(data))


def test_a_damaged_file_does_not_touch_its_neighbours() -> None:
    noise = bytes(range(256)) * 40
    data = bytearray(packed(("a.jpg", noise), ("b.jpg", noise[::-1]), method=zipfile.ZIP_STORED).getvalue())
    data[2000] ^= 0xFF
    assert contents(io.BytesIO(data)) == {"a.jpg": "damaged_entry", "b.jpg": noise[::-1]}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_with_one_name_the_first_is_taken_and_the_second_told() -> None:
    listed = contents(packed(("a.jpg", b"1"), ("a.jpg", b"2"), ("A.jpg", b"3")))
    assert listed == {"a.jpg": b"1", "a.jpg (entry 2)": "duplicate_name", "A.jpg": b"3"}


def test_utf8_names_are_read_even_where_the_archive_does_not_say_so() -> None:
    data = packed(("xxxxx.jpg", b"1")).getvalue().replace(b"xxxxx", "靴1é".encode()[:3] + "é".encode())
    assert contents(io.BytesIO(data)) == {"靴é.jpg": b"1"}


def test_memory_stays_flat_however_large_a_file_is() -> None:
    file = packed(("a.jpg", bytes(50_000_000)), method=zipfile.ZIP_STORED)
    tracemalloc.start()
    try:
        total = sum(len(chunk) for entry in entries(file) for chunk in entry.chunks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 50_000_000
    assert peak < 2_000_000


def test_no_change_to_an_archive_makes_anything_but_files_and_refusals() -> None:
    whole = packed(("a.jpg", b"1" * 300), ("b/c.png", b"2"), ("d.zip", b"3")).getvalue()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(whole))
    def attack(data: bytes) -> None:
        try:
            listed = contents(io.BytesIO(data))
        except ArchiveError:
            listed = {}
        for name, content in listed.items():
            assert not {category(letter) for letter in name} & {"Cc", "Cs", "Zl", "Zp"}
            assert content is not None

    attack()


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300)


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_of_any_script_length_and_form_come_out_once_each_and_safe_to_write(names: str) -> None:
    listed = [entry for entry in entries(packed(*((name, b"1") for name in names))) if not entry.refusal]
    paths = [safe_path(entry.name) for entry in listed]
    assert len({entry.name for entry in listed}) == len(listed)
    for path in paths:
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert len(path.encode()) <= 1024
        assert all(len(part.encode()) <= 255 for part in path.split("/"))
