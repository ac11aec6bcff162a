"""Links to pictures that need no token: signed, and valid for minutes.

The signature (HMAC-SHA256) covers image, picture, token and expiry, so that none of them can be changed. A link ends
with the token that made it.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

import sqlalchemy as sa

from records.access import tokens
from review.api.problems import ProblemError

PURPOSE = "picture links"
MIN_SECONDS, DEFAULT_SECONDS, MAX_SECONDS = 10, 300, 3600
"""Time for which a link is valid (s)."""


@dataclass(frozen=True, slots=True)
class PictureLink:
    """What a link permits: one picture of one image, until a time (Unix, s)."""

    image: int
    picture: str
    token_id: int
    expires: int

    def query(self, secret: bytes) -> str:
        """The link's query with its signature."""
        return urlencode(
            {"token": self.token_id, "expires": self.expires, "signature": self._signature(secret)}
        )

    def check(self, secret: bytes, signature: str) -> None:
        """Whether the link may be opened now.

        Raises:
            ProblemError: it expired, or was not signed by this line.
        """
        if not hmac.compare_digest(self._signature(secret).encode(), signature.encode()):
            raise ProblemError(HTTPStatus.FORBIDDEN, "the link is not valid: ask for a new one")
        if self.expires < time.time():
            raise ProblemError(HTTPStatus.FORBIDDEN, "the link has expired: ask for a new one")

    def _signature(self, secret: bytes) -> str:
        text = f"{self.image}\n{self.picture}\n{self.token_id}\n{self.expires}"
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def secret(connection: sa.Connection) -> bytes:
    """The secret that links are signed with."""
    return tokens.signing_secret(connection, PURPOSE)
