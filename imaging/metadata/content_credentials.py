"""Content credentials: a signed C2PA manifest in a delivered file, where a certificate is configured."""

import io
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from line.errors import SettingsError
from line.settings import Settings
from line.source_types import GENERATED, URI

_ACTIONS: Final = {
    "erase_text": "c2pa.edited",
    "denoise": "c2pa.filtered",
    "restore": "c2pa.filtered",
    "upscale": "c2pa.resized",
}
"""C2PA action by transform; ``c2pa.removed`` would need an ingredient for what was removed."""
_OTHER_ACTION: Final = "c2pa.edited"
_OPTIONS: Final[Mapping[str, Any]] = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}
"""Thumbnails cost 165 ms and half a megabyte a file; nothing is fetched from the network."""


class CredentialSigner:
    """Signs files with one certificate.

    Args:
        certificate: PEM chain, the signer's first.
        key: PEM of its private key.
        algorithm: of the signature, such as ``es256``.

    Raises:
        SettingsError: c2pa-python is not installed, or the certificate cannot be used.
    """

    def __init__(self, certificate: bytes, key: bytes, algorithm: str) -> None:
        try:
            import c2pa
        except ImportError:
            raise SettingsError(
                "SLUICE_C2PA_CERTIFICATE is set, but c2pa-python is not installed: pip install 'sluice[c2pa]'"
            ) from None
        self._c2pa = c2pa
        try:
            signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm.encode(), certificate, key, None))
            self._context = c2pa.Context(c2pa.Settings.from_dict(dict(_OPTIONS)), signer)
        except c2pa.C2paError as error:
            raise SettingsError(
                f"the certificate of SLUICE_C2PA_CERTIFICATE cannot be used: {error}"
            ) from None

    def sign(
        self,
        data: bytes,
        media_type: str,
        edits: Sequence[Mapping[str, Any]],
        parent: tuple[bytes, str] | None = None,
    ) -> bytes:
        """``data`` with a manifest that lists ``edits`` (step, model, source_type each).

        A picture that a model generated was created by that step (``c2pa.created``) and not edited: what was done
        to the photo before is not part of it, and the photo is an input instead of its parent.

        Args:
            media_type: of ``data``, such as ``image/jpeg``.
            parent: the vendor's file and its media type, where that bears a manifest of its own.
        """
        created_at = max((at for at, edit in enumerate(edits) if _is_generation(edit)), default=None)
        edits = edits[created_at or 0 :]
        manifest = {
            "claim_generator_info": [{"name": "Sluice", "version": version("sluice")}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": _actions(edits)}}],
        }
        builder = self._c2pa.Builder(manifest, self._context)
        if created_at is None:
            builder.set_intent(self._c2pa.C2paBuilderIntent.EDIT)
        else:
            source_type = self._c2pa.C2paDigitalSourceType.TRAINED_ALGORITHMIC_MEDIA
            builder.set_intent(self._c2pa.C2paBuilderIntent.CREATE, source_type)
        if parent is not None:
            relationship = "parentOf" if created_at is None else "inputTo"
            ingredient = {"title": "original", "relationship": relationship}
            builder.add_ingredient(ingredient, parent[1], io.BytesIO(parent[0]))
        signed = io.BytesIO()
        builder.sign(media_type, io.BytesIO(data), signed)
        return signed.getvalue()

    def read(self, data: bytes, media_type: str) -> dict[str, Any]:
        """The manifest store of a file as c2pa-python reports it."""
        report: dict[str, Any] = json.loads(self._c2pa.Reader(media_type, io.BytesIO(data)).json())
        return report


def _is_generation(edit: Mapping[str, Any]) -> bool:
    return str(edit["source_type"]) == GENERATED


def _actions(edits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    actions = [
        {
            "action": "c2pa.created"
            if _is_generation(edit)
            else _ACTIONS.get(str(edit["step"]), _OTHER_ACTION),
            "softwareAgent": {"name": f"Sluice {edit['step']} ({edit['model'] or 'no model'})"},
            "digitalSourceType": URI + str(edit["source_type"]),
        }
        for edit in edits
    ]
    return actions or [{"action": "c2pa.published"}]


def credential_signer(settings: Settings) -> CredentialSigner | None:
    """The signer with the certificate that the settings name; None where they name none.

    Raises:
        SettingsError: the configured files cannot be read or used.
    """
    certificate, key = settings.c2pa_certificate, settings.c2pa_key
    if certificate is None or key is None:
        if certificate is not key:
            raise SettingsError("SLUICE_C2PA_CERTIFICATE and SLUICE_C2PA_KEY belong together: set both")
        return None
    return CredentialSigner(_content(certificate), _content(key), settings.c2pa_algorithm)


def _content(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
