"""What a file says of its origin and its rights, wherever it says so: XMP, Exif, IIM, PNG text, C2PA."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image, IptcImagePlugin

from imaging.containers import jpeg, png
from imaging.formats import Kind
from imaging.metadata.rights import Rights
from imaging.metadata.xmp import Xmp
from line.source_types import CODES, COMPOSITE_GENERATED, GENERATED, strength

_URI: Final = re.compile(rb"newscodes/digitalsourcetype/([A-Za-z]{3,60})")
_XMP_TAG, _ARTIST_TAG, _COPYRIGHT_TAG, _EXIF_IFD, _USER_COMMENT = 0x02BC, 0x013B, 0x8298, 0x8769, 0x9286
_IIM_BYLINE, _IIM_CREDIT, _IIM_COPYRIGHT = (2, 80), (2, 110), (2, 116)
_XMP_SIGNATURE: Final = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_SIGNATURE: Final = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_HEADER: Final = len(_EXTENDED_SIGNATURE) + 32 + 8  # GUID, whole length, offset
_MAX_TEXT: Final = 1_000
_MAX_CODES: Final = 20
_CODE: Final = re.compile(r"[A-Za-z]{3,60}")
_GAIN_MAPS: Final = (
    (b"urn:iso:std:iso:ts:21496:-1", "iso_21496"),
    (b"hdrgm:Version", "ultra_hdr"),
    (b"urn:com:apple:photo:2020:aux:hdrgainmap", "apple"),
    (b"HDRGainMapVersion", "apple"),
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is kept of a file's metadata; places, serial numbers and all else are not.

    Attributes:
        source_types: codes of IPTC DigitalSourceType, strongest first, each once.
        aigc: the label of GB 45438-2025, JSON as text.
        rights: creator, copyright, credit, licence.
        has_c2pa: whether a C2PA manifest is embedded.
        gain_map: kind of an HDR gain map beside the base image (``iso_21496``, ``ultra_hdr``, ``apple``).
    """

    source_types: tuple[str, ...] = ()
    aigc: str | None = None
    rights: Rights = field(default_factory=Rights)
    has_c2pa: bool = False
    gain_map: str | None = None


def read_metadata(data: bytes, kind: Kind, image: Image.Image) -> Metadata:
    """What ``data`` says; ``image`` is the same file opened by Pillow. Broken metadata is passed over."""
    exif = _exif(image, kind)
    packets = [parsed for raw in _packets(data, kind, image, exif) if (parsed := _parsed(raw))]
    codes = {code for packet in packets for code in packet.source_types} | _codes_anywhere(data)
    rights = Rights()
    for source in (*(packet.rights for packet in packets), _iim_rights(image), _exif_rights(exif)):
        rights = rights.or_else(source)
    return Metadata(
        source_types=tuple(sorted(filter(_CODE.fullmatch, codes), key=_rank))[:_MAX_CODES],
        aigc=_aigc(packets, data, kind, exif),
        rights=rights,
        has_c2pa=b"c2pa" in data and b"jumb" in data,
        gain_map=next((name for mark, name in _GAIN_MAPS if mark in data), None),
    )


def _rank(code: str) -> tuple[float, str]:
    return -strength(code), code


def _codes_anywhere(data: bytes) -> set[str]:
    """Codes in the raw bytes: in C2PA manifests, in comments, in metadata too broken to be parsed.

    In CBOR the next item follows at once, so the code is the longest known one that the text begins with.
    """
    codes = {code for code in (COMPOSITE_GENERATED, GENERATED) if code.encode() in data}
    for match in _URI.finditer(data):
        text = match[1].decode()
        matching = [code for code in CODES if text.startswith(code)]
        if matching:
            codes.add(max(matching, key=len))
    return codes


def _packets(data: bytes, kind: Kind, image: Image.Image, exif: Mapping[int, Any]) -> Iterator[bytes]:
    if kind is Kind.JPEG:
        yield from _jpeg_packets(data)
    elif kind is Kind.PNG:
        entries = png.texts(data)
        for keyword in ("XML:com.adobe.xmp", "Raw profile type xmp"):
            if keyword in entries:
                text = entries[keyword]
                yield _raw_profile(text) if keyword.startswith("Raw") else text
    else:
        for key in ("xmp", "XML:com.adobe.xmp"):
            if isinstance(value := image.info.get(key), bytes | str):
                yield value if isinstance(value, bytes) else value.encode()
    embedded = exif.get(_XMP_TAG)
    if isinstance(embedded, tuple | list):
        embedded = bytes(embedded)
    if isinstance(embedded, bytes | str):
        yield embedded if isinstance(embedded, bytes) else embedded.encode()


def _jpeg_packets(data: bytes) -> Iterator[bytes]:
    """The standard packet, and the extended one put together (XMP specification part 3, 1.1.3.1)."""
    parts: dict[bytes, dict[int, bytes]] = {}
    for segment in jpeg.segments(data, head=True):
        if segment.marker != jpeg.APP0 + 1:
            continue
        if segment.payload.startswith(_XMP_SIGNATURE):
            yield segment.payload[len(_XMP_SIGNATURE) :]
        elif segment.payload.startswith(_EXTENDED_SIGNATURE) and len(segment.payload) > _EXTENDED_HEADER:
            head = segment.payload[len(_EXTENDED_SIGNATURE) : _EXTENDED_HEADER]
            guid, offset = head[:32], int.from_bytes(head[36:40], "big")
            parts.setdefault(guid, {})[offset] = segment.payload[_EXTENDED_HEADER:]
    for pieces in parts.values():
        yield b"".join(pieces[offset] for offset in sorted(pieces))


def _raw_profile(value: bytes) -> bytes:
    """ImageMagick's text form: name, length and hexadecimal digits on lines."""
    try:
        return bytes.fromhex("".join(value.decode("latin-1").split()[2:]))
    except ValueError:
        return b""


def _parsed(raw: bytes) -> Xmp | None:
    try:
        return Xmp(raw)
    except ValueError:
        return None


def _exif(image: Image.Image, kind: Kind) -> Mapping[int, Any]:
    """Tags of IFD0, and the user comment; empty where broken."""
    try:
        if kind is Kind.TIFF:
            return dict(image.tag_v2)  # type: ignore[attr-defined]
        exif = Image.Exif()
        exif.load(image.info.get("exif") or b"")
        return {**exif, _USER_COMMENT: exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT)}
    except Exception:  # broken metadata is no reason to lose the picture
        return {}


def _exif_rights(exif: Mapping[int, Any]) -> Rights:
    artist, notice = exif.get(_ARTIST_TAG), exif.get(_COPYRIGHT_TAG)
    return Rights(creator=_text(artist), copyright=_text(notice).replace("\0", " ").strip())


def _iim_rights(image: Image.Image) -> Rights:
    try:
        info = IptcImagePlugin.getiptcinfo(image) or {}  # type: ignore[arg-type]
    except Exception:  # as above
        return Rights()
    return Rights(
        creator=_text(info.get(_IIM_BYLINE)),
        copyright=_text(info.get(_IIM_COPYRIGHT)),
        credit=_text(info.get(_IIM_CREDIT)),
    )


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            value = value.decode("latin-1")
    return value.strip("\0 \r\n\t")[:_MAX_TEXT] if isinstance(value, str) else ""


def _aigc(packets: list[Xmp], data: bytes, kind: Kind, exif: Mapping[int, Any]) -> str | None:
    """The label in XMP, in a PNG text of that name, or as JSON in Exif's UserComment."""
    for packet in packets:
        if packet.aigc:
            return packet.aigc
    if kind is Kind.PNG and (value := png.texts(data).get("AIGC")):
        return _text(value) or None
    comment = exif.get(_USER_COMMENT)
    if isinstance(comment, bytes) and b'"AIGC"' in comment:
        body = comment[comment.find(b"{") :].rstrip(b"\0 ")
        try:
            label = json.loads(body)["AIGC"]
        except (ValueError, KeyError, TypeError):
            return None
        return (label if isinstance(label, str) else json.dumps(label, ensure_ascii=False))[:_MAX_TEXT]
    return None
