"""Marks and rights, wherever a file may hold them."""

import io
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from imaging.containers import png
from imaging.decode import decode
from imaging.metadata.rights import Rights
from imaging.metadata.xmp import Xmp, packet
from line.picture import Rgb
from line.source_types import CODES, URI, strength, strongest

AI = "trainedAlgorithmicMedia"
LABEL = '{"Label":"1","ContentProducer":"001191110108MA01KP2T5U00000"}'
ELEMENT = packet(URI + AI)
AS_ELEMENT = f"<Iptc4xmpExt:DigitalSourceType>{URI}{AI}</Iptc4xmpExt:DigitalSourceType>".encode()
ATTRIBUTE = ELEMENT.replace(AS_ELEMENT, b"").replace(
    b'rdf:about=""', f'rdf:about="" Iptc4xmpExt:DigitalSourceType="{URI}{AI}"'.encode()
)
RESOURCE = ELEMENT.replace(AS_ELEMENT, f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{URI}{AI}"/>'.encode())


def png_with(photo: Rgb, keyword: str, text: str, *, packed: bool = False) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt(keyword, text, zip=packed)
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def exif_with(tag: int, value: Any) -> Image.Exif:
    exif = Image.Exif()
    exif[tag] = value
    return exif


def c2pa(photo: Rgb, save: Callable[..., bytes]) -> bytes:
    """A JPEG with the words of a C2PA manifest: CBOR, where the next item follows the code at once."""
    data = save(photo, "JPEG")
    body = b"JP\0\1\0\0\0\1\0\0\0\0jumbc2pa" + (URI + AI).encode() + b"kdescription"
    return data[:2] + b"\xff\xeb" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


FILES = {
    "jpeg, element": lambda photo, save: save(photo, "JPEG", xmp=ELEMENT),
    "jpeg, attribute": lambda photo, save: save(photo, "JPEG", xmp=ATTRIBUTE),
    "jpeg, resource": lambda photo, save: save(photo, "JPEG", xmp=RESOURCE),
    "jpeg, utf-16": lambda photo, save: save(
        photo,
        "JPEG",
        xmp=("\ufeff" + ELEMENT.decode().split("?>", 1)[1].rsplit("<?", 1)[0]).encode("utf-16-le"),
    ),
    "webp": lambda photo, save: save(photo, "WEBP", xmp=ELEMENT),
    "avif": lambda photo, save: save(photo, "AVIF", xmp=ELEMENT),
    "tiff": lambda photo, save: save(photo, "TIFF", tiffinfo={700: ELEMENT}),
    "png, plain text": lambda photo, save: png_with(photo, "XML:com.adobe.xmp", ELEMENT.decode()),
    "png, compressed text": lambda photo, save: png_with(
        photo, "XML:com.adobe.xmp", ELEMENT.decode(), packed=True
    ),
    "png, raw profile": lambda photo, save: png_with(
        photo, "Raw profile type xmp", f"\nxmp\n{len(ELEMENT):8}\n{ELEMENT.hex()}\n"
    ),
    "jpeg, xmp inside exif": lambda photo, save: save(photo, "JPEG", exif=exif_with(700, ELEMENT)),
    "jpeg, c2pa": c2pa,
}


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_generated_picture_is_known_wherever_it_says_so(
    kind: str, photo: Rgb, save: Callable[..., bytes]
) -> None:
    data = FILES[kind](photo, save)
    assert decode("a", data).facts.source_types == (AI,)


def test_the_compressed_text_does_not_hold_the_word_itself(photo: Rgb, save: Callable[..., bytes]) -> None:
    assert AI.encode() not in FILES["png, compressed text"](photo, save), "else the test above proves nothing"


@pytest.mark.parametrize("code", [*sorted(CODES), "somethingNew"])
def test_every_code_is_kept_known_or_not(code: str, photo: Rgb, save: Callable[..., bytes]) -> None:
    data = save(photo, "JPEG", xmp=packet(URI + code))
    assert decode("a", data).facts.source_types == (code,)


def test_the_strongest_of_several_statements_wins() -> None:
    assert strongest(["digitalCapture", "algorithmicallyEnhanced"]) == "algorithmicallyEnhanced"
    assert strongest(["trainedAlgorithmicMedia", "algorithmicallyEnhanced"]) == AI
    assert strongest(["compositeWithTrainedAlgorithmicMedia", "digitalCapture"]) != "digitalCapture"
    assert strongest(["somethingNew", "algorithmicallyEnhanced"]) == "somethingNew", "never lowered"
    assert strongest([]) is None
    assert max(CODES, key=strength) == AI


@pytest.mark.parametrize(
    "file",
    [
        lambda photo, save: save(photo, "JPEG", xmp=packet(aigc=LABEL)),
        lambda photo, save: png_with(photo, "AIGC", LABEL),
        lambda photo, save: png_with(photo, "XML:com.adobe.xmp", packet(aigc=LABEL).decode(), packed=True),
        lambda photo, save: save(photo, "JPEG", exif=user_comment('{"AIGC":' + LABEL + "}")),
    ],
)
def test_the_label_of_gb_45438_is_kept(file: Any, photo: Rgb, save: Callable[..., bytes]) -> None:
    label = decode("a", file(photo, save)).facts.aigc
    assert label is not None
    assert label.replace(" ", "") == LABEL


def user_comment(text: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + text.encode()
    return exif


def test_rights_are_read_and_places_are_not(photo: Rgb, save: Callable[..., bytes]) -> None:
    rights = Rights(
        "A. Maker; B. Maker", "© 2026 Acme", "Acme", "https://l.example", "No use", "https://o.example"
    )
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (50.0, 7.0, 30.0)
    facts = decode("a", save(photo, "JPEG", xmp=packet(rights=rights), exif=exif)).facts
    assert Rights.from_dict(facts.rights) == rights
    assert "gps" not in str(facts).lower()


def test_exif_fills_what_xmp_does_not_say(photo: Rgb, save: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x8298] = "From Exif", "2026 Exif"
    facts = decode("a", save(photo, "JPEG", exif=exif, xmp=packet(rights=Rights(copyright="From XMP")))).facts
    assert facts.rights == {"creator": "From Exif", "copyright": "From XMP"}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<x",
        b"\xff\xfe",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 2000,
        bytes(5_000_000) + b"x",
    ],
)
def test_a_broken_packet_is_an_error_that_costs_nothing_but_itself(
    broken: Any, photo: Rgb, save: Callable[..., bytes]
) -> None:
    with pytest.raises(ValueError, match=r"XML|XMP"):
        Xmp(broken)
    data = save(photo, "JPEG", xmp=broken[:60_000]) if broken else save(photo, "JPEG")
    assert decode("a", data).facts.source_types == ()


def test_a_text_that_unpacks_without_end_is_left_out(photo: Rgb) -> None:
    info = PngImagePlugin.PngInfo()
    info.add(b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(bytes(50_000_000)))
    info.add_text("Title", "a hat")
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "PNG", pnginfo=info)
    assert png.texts(out.getvalue()) == {"Title": b"a hat"}


def test_values_are_bounded(photo: Rgb, save: Callable[..., bytes]) -> None:
    rights = decode("a", save(photo, "JPEG", xmp=packet(rights=Rights(copyright="x" * 50_000)))).facts.rights
    assert rights is not None
    assert len(rights["copyright"]) == 1000
