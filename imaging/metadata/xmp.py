"""XMP packets (ISO 16684-1): the properties about origin and rights, read and written."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from imaging.metadata.rights import Rights

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
_RIGHTS: Final = "http://ns.adobe.com/xap/1.0/rights/"
_IPTC_EXT: Final = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/"
_TC260: Final = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_NAMESPACES: Final[Mapping[str, str]] = {
    "dc": _DC,
    "photoshop": _PHOTOSHOP,
    "xmpRights": _RIGHTS,
    "Iptc4xmpExt": _IPTC_EXT,
    "plus": _PLUS,
    "TC260": _TC260,
}
MAX_PACKET_BYTES: Final = 4_000_000
MAX_VALUE_LENGTH: Final = 1_000
"""Characters of one property that are kept."""


class Xmp:
    """One parsed packet.

    Raises:
        ValueError: it is too large, no XML, or declares entities.
    """

    def __init__(self, packet: bytes | str) -> None:
        raw = packet.encode() if isinstance(packet, str) else packet
        if not raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # in UTF-16 a zero is half a character
            raw = raw.strip(b"\0 \r\n\t")
        if len(raw) > MAX_PACKET_BYTES:
            raise ValueError(f"an XMP packet of {len(raw)} bytes")
        if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
            raise ValueError("an XMP packet with a document type")
        try:
            self._root = ElementTree.fromstring(raw)
        except (ElementTree.ParseError, LookupError) as error:
            raise ValueError(f"no XML: {error}") from None

    def values(self, namespace: str, name: str) -> list[str]:
        """All values of a property, however they are written: attribute, text, resource or array."""
        key = f"{{{namespace}}}{name}"
        return [value for value in (raw.strip()[:MAX_VALUE_LENGTH] for raw in self._raw(key)) if value]

    def _raw(self, key: str) -> Iterator[str]:
        for element in self._root.iter():
            if (attribute := element.get(key)) is not None:
                yield attribute
            if element.tag != key:
                continue
            if (resource := element.get(f"{{{_RDF}}}resource")) is not None:
                yield resource
            items = list(element.iter(f"{{{_RDF}}}li"))
            for item in items or [element]:
                yield item.text or ""

    @property
    def source_types(self) -> list[str]:
        """Codes of DigitalSourceType, without the address of their vocabulary."""
        return [uri.rstrip("/").rsplit("/", 1)[-1] for uri in self.values(_IPTC_EXT, "DigitalSourceType")]

    @property
    def aigc(self) -> str | None:
        """The label of GB 45438-2025 (JSON as text), where there is one."""
        return next(iter(self.values(_TC260, "AIGC")), None)

    @property
    def rights(self) -> Rights:
        def first(namespace: str, name: str) -> str:
            return next(iter(self.values(namespace, name)), "")

        return Rights(
            creator="; ".join(self.values(_DC, "creator")),
            copyright=first(_DC, "rights"),
            credit=first(_PHOTOSHOP, "Credit"),
            license_url=first(_RIGHTS, "WebStatement"),
            usage_terms=first(_RIGHTS, "UsageTerms"),
            licensor_url=first(_PLUS, "LicensorURL"),
        )


def packet(source_type: str | None = None, aigc: str | None = None, rights: Rights | None = None) -> bytes:
    """An XMP packet; the same values give the same bytes. ``source_type`` is a whole URI."""
    rights = rights or Rights()
    body = []
    if source_type:
        body.append(_element("Iptc4xmpExt:DigitalSourceType", source_type))
    if aigc:
        body.append(_element("TC260:AIGC", aigc))
    if rights.creator:
        creators = "".join(_element("rdf:li", name) for name in rights.creator.split("; "))
        body.append(f"<dc:creator><rdf:Seq>{creators}</rdf:Seq></dc:creator>")
    if rights.copyright:
        body.append(f"<dc:rights>{_alternatives(rights.copyright)}</dc:rights>")
        body.append(_element("xmpRights:Marked", "True"))
    if rights.credit:
        body.append(_element("photoshop:Credit", rights.credit))
    if rights.license_url:
        body.append(_element("xmpRights:WebStatement", rights.license_url))
    if rights.usage_terms:
        body.append(f"<xmpRights:UsageTerms>{_alternatives(rights.usage_terms)}</xmpRights:UsageTerms>")
    if rights.licensor_url:
        licensor = _element("plus:LicensorURL", rights.licensor_url)
        body.append(
            f'<plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource">{licensor}</rdf:li></rdf:Seq></plus:Licensor>'
        )
    content = "".join(body)
    used = (f' xmlns:{p}="{uri}"' for p, uri in _NAMESPACES.items() if f"<{p}:" in content)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about=""{"".join(used)}>{content}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(_printable(value))}</{name}>"


def _alternatives(value: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(_printable(value))}</rdf:li></rdf:Alt>'


def _printable(value: str) -> str:
    """Without the control characters that XML 1.0 does not allow."""
    return "".join(char for char in value if char >= " " or char in "\t\n\r")
