"""How a process opens photos that it does not trust, and signs those that it delivers."""

from collections.abc import Callable
from functools import cached_property, partial

from imaging.decode import Decoded
from imaging.limits import Limits
from imaging.metadata.content_credentials import CredentialSigner, credential_signer
from imaging.sandbox.photo_client import Decoder
from line.settings import Settings

_DEFAULT_LIMITS = Limits()


def _no_signer() -> None:
    """No certificate is configured."""


class Codec:
    """The decoder and the signer of one process; each is started on first use.

    Args:
        decoder: opens photos in a process of its own.
        open_signer: the signer; None where no certificate is configured.
    """

    def __init__(
        self,
        decoder: Decoder | None = None,
        open_signer: Callable[[], CredentialSigner | None] = _no_signer,
    ) -> None:
        self._decoder, self._open_signer = decoder or Decoder(), open_signer

    @classmethod
    def of(cls, settings: Settings) -> "Codec":
        decoder = Decoder(settings.decode_seconds, settings.decode_memory)
        return cls(decoder, partial(credential_signer, settings))

    def decode(
        self, name: str, data: bytes, *, limits: Limits = _DEFAULT_LIMITS, background: str = "#ffffff"
    ) -> Decoded:
        """:func:`imaging.decode.decode`, in another process with bounded memory and time.

        Raises:
            RefusedError: as there; also ``decoder_died`` and ``decoder_hung``.
            MemoryError: the machine as a whole has too little memory to decode it now.
            ServiceError: the other process cannot be started.
        """
        return self._decoder.decode(name, data, limits, background)

    @cached_property
    def signer(self) -> CredentialSigner | None:
        """The signer of delivered files; None where no certificate is configured.

        Raises:
            SettingsError: the configured files cannot be read or used.
        """
        return self._open_signer()
