"""The directories of a TIFF file (TIFF 6.0, section 2): which are pages, and whether it is a camera raw."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

_TYPE_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4}
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_BITS_PER_SAMPLE, _COMPRESSION, _PHOTOMETRIC, _MAKE = 258, 259, 262, 271
_WHITE_IS_ZERO, _BLACK_IS_ZERO = 0, 1
_STRIP_OFFSETS, _STRIP_COUNTS, _TILE_OFFSETS, _TILE_COUNTS, _JPEG_TABLES = 273, 279, 324, 325, 347
_SUB_IFDS, _DNG_VERSION = 330, 50706
_REDUCED, _MASK = 1, 4
_OLD_REDUCED: Final = 2
_SENSOR_PHOTOMETRICS: Final = frozenset({32803, 34892})
"""Colour filter array and linear raw: light as the sensor saw it."""
_SENSOR_COMPRESSIONS: Final = frozenset({32767, 34713, 34316, 65535})
"""Sony ARW, Nikon NEF, Panasonic RAW, Pentax PEF."""
_JPEG_COMPRESSION: Final = 7
_RAW_NAMES: Final = (
    ("NIKON", "NEF"),
    ("SONY", "ARW"),
    ("CANON", "CR2"),
    ("PENTAX", "PEF"),
    ("SAMSUNG", "SRW"),
)
_MAX_DIRECTORIES: Final = 64
_MAX_VALUES: Final = 1 << 20

Directory: TypeAlias = Mapping[int, tuple[int, ...] | bytes]
"""Tag to numbers, or to bytes for text and undefined data."""

_Order: TypeAlias = Literal["little", "big"]


def directories(data: bytes) -> list[Directory]:
    """The chain of image file directories of a classic TIFF; those that can be read. Never raises."""
    order = _byte_order(data)
    if order is None:
        return []
    return list(_chain(data, int.from_bytes(data[4:8], order), order))


def pages(data: bytes) -> list[int]:
    """Indices of the directories that are pictures of their own: neither thumbnail nor mask."""
    return [index for index, directory in enumerate(directories(data)) if not _is_auxiliary(directory)]


def raw_name(data: bytes) -> str | None:
    """The name of the camera raw format that a TIFF really is, such as ``DNG``; None for a plain TIFF."""
    order = _byte_order(data)
    if order is None:
        return None
    if data[8:10] == b"CR":
        return "CR2"
    chain = directories(data)
    if not chain:
        return None
    if _DNG_VERSION in chain[0]:
        return "DNG"
    everything = list(chain)
    for directory in chain:
        for offset in _numbers(directory, _SUB_IFDS)[:_MAX_DIRECTORIES]:
            everything += list(_chain(data, offset, order))
    if not any(_is_sensor_data(directory) for directory in everything):
        return None
    make = chain[0].get(_MAKE, b"")
    maker = make.decode("latin-1").upper() if isinstance(make, bytes) else ""
    return next((name for start, name in _RAW_NAMES if maker.startswith(start)), "camera raw")


def with_black_at_zero(data: bytes, page: int) -> bytes:
    """The file with a 16-bit page that has white at zero declared as black at zero; ``data`` itself otherwise.

    Pillow does not invert 16-bit pictures, and does not open big-endian ones; the caller inverts.
    """
    chain, order = directories(data), _byte_order(data)
    if order is None or page >= len(chain):
        return data
    is_deep = _numbers(chain[page], _BITS_PER_SAMPLE) == (16,)
    if not is_deep or _numbers(chain[page], _PHOTOMETRIC) != (_WHITE_IS_ZERO,):
        return data
    offset = int.from_bytes(data[4:8], order)
    for _ in range(page):
        end = offset + 2 + 12 * int.from_bytes(data[offset : offset + 2], order)
        offset = int.from_bytes(data[end : end + 4], order)
    count = int.from_bytes(data[offset : offset + 2], order)
    for at in range(offset + 2, offset + 2 + 12 * count, 12):
        if int.from_bytes(data[at : at + 2], order) == _PHOTOMETRIC:
            value = _BLACK_IS_ZERO.to_bytes(2, order)
            return data[: at + 8] + value + data[at + 10 :]
    return data


def jpeg_streams(data: bytes, page: int) -> list[bytes]:
    """The strips or tiles of a page that is compressed as JPEG, each with the tables it needs."""
    chain = directories(data)
    if page >= len(chain) or _numbers(chain[page], _COMPRESSION)[:1] != (_JPEG_COMPRESSION,):
        return []
    directory = chain[page]
    tables = directory.get(_JPEG_TABLES, b"")
    prefix = tables[:-2] if isinstance(tables, bytes) and tables.endswith(b"\xff\xd9") else b""
    offsets = _numbers(directory, _STRIP_OFFSETS) or _numbers(directory, _TILE_OFFSETS)
    counts = _numbers(directory, _STRIP_COUNTS) or _numbers(directory, _TILE_COUNTS)
    streams = [data[offset : offset + count] for offset, count in zip(offsets, counts, strict=False)]
    return [prefix + stream[2:] if prefix else stream for stream in streams]


def _byte_order(data: bytes) -> _Order | None:
    if data[:4] == b"II*\0":
        return "little"
    return "big" if data[:4] == b"MM\0*" else None


def _chain(data: bytes, offset: int, order: _Order) -> Iterator[Directory]:
    visited: set[int] = set()
    while offset and offset not in visited and len(visited) < _MAX_DIRECTORIES and offset + 2 <= len(data):
        visited.add(offset)
        count = int.from_bytes(data[offset : offset + 2], order)
        end = offset + 2 + 12 * count
        if end + 4 > len(data):
            return
        entries = (data[at : at + 12] for at in range(offset + 2, end, 12))
        yield {
            int.from_bytes(entry[:2], order): value
            for entry in entries
            if (value := _value(data, entry, order)) is not None
        }
        offset = int.from_bytes(data[end : end + 4], order)


def _value(data: bytes, entry: bytes, order: _Order) -> tuple[int, ...] | bytes | None:
    kind, count = int.from_bytes(entry[2:4], order), int.from_bytes(entry[4:8], order)
    size = _TYPE_SIZES.get(kind)
    if size is None or count > _MAX_VALUES:
        return None
    length = size * count
    at = int.from_bytes(entry[8:12], order)
    body = entry[8 : 8 + length] if length <= 4 else data[at : at + length]
    if kind in (2, 7):
        return body
    return tuple(int.from_bytes(body[i : i + size], order) for i in range(0, len(body), size))


def _numbers(directory: Directory, tag: int) -> tuple[int, ...]:
    value = directory.get(tag, ())
    return value if isinstance(value, tuple) else ()


def _is_auxiliary(directory: Directory) -> bool:
    flags = sum(_numbers(directory, _NEW_SUBFILE_TYPE)[:1])
    return bool(flags & (_REDUCED | _MASK)) or _numbers(directory, _SUBFILE_TYPE)[:1] == (_OLD_REDUCED,)


def _is_sensor_data(directory: Directory) -> bool:
    photometric = _numbers(directory, _PHOTOMETRIC)[:1]
    compression = _numbers(directory, _COMPRESSION)[:1]
    return bool({*photometric} & _SENSOR_PHOTOMETRICS or {*compression} & _SENSOR_COMPRESSIONS)
