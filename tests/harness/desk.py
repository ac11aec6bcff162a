"""A visitor of the review desk: logs in, keeps its cookie, sends the token of the page's forms."""

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import Any, cast
from uuid import uuid4

from tests.harness.waiting import PATIENCE

PASSWORD = "open-sesame-of-the-tests"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Visitor:
    """One person at a browser."""

    def __init__(self, url: str, name: str = "ada", password: str = PASSWORD) -> None:
        self.url, self.login = url, f"{name}:{password}"
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        )

    def get(self, path: str) -> Reply:
        return self._send(urllib.request.Request(self.url + path))

    def post(self, action: str, fields: dict[str, str], *, page: str) -> Reply:
        """Send a form of ``page``, as the desk's own script does."""
        return self._post(action, fields | {"_xsrf": _field(self.get(page), "_xsrf")})

    def forge(self, action: str, fields: dict[str, str]) -> Reply:
        """The same from a site that never saw a page of the desk."""
        return self._post(action, fields)

    def decide(self, image: int, choice: str, *, version: str = "") -> Reply:
        """Press a button of an image's card."""
        page = self.get(f"/images/{image}")
        fields = {
            "choice": choice,
            "version": version or _field(page, "version"),
            "_xsrf": _field(page, "_xsrf"),
        }
        return self._post(f"/images/{image}/decision", fields)

    def draw(self, image: int, png: bytes) -> Reply:
        """Send a mask."""
        edge, action = uuid4().hex, f"/images/{image}/draw"
        token = _field(self.get(action), "_xsrf")
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n{token}\r\n'.encode(),
            f'--{edge}\r\nContent-Disposition: form-data; name="mask"; filename="mask.png"\r\n'.encode(),
            b"Content-Type: image/png\r\n\r\n" + png + f"\r\n--{edge}--\r\n".encode(),
        ]
        headers = {"Accept": "application/json", "Content-Type": f"multipart/form-data; boundary={edge}"}
        return self._send(urllib.request.Request(self.url + action, b"".join(parts), headers))

    def post_pairs(self, action: str, pairs: Sequence[tuple[str, str]]) -> Reply:
        """Send a form in which a field may occur several times."""
        return self._post(action, pairs)

    @property
    def authorization(self) -> dict[str, str]:
        """The header that logs in; none without a login."""
        login = base64.b64encode(self.login.encode()).decode()
        return {"Authorization": f"Basic {login}"} if self.login else {}

    def _post(self, action: str, fields: dict[str, str] | Sequence[tuple[str, str]]) -> Reply:
        data = urllib.parse.urlencode(fields).encode()
        return self._send(urllib.request.Request(self.url + action, data, {"Accept": "application/json"}))

    def _send(self, request: urllib.request.Request) -> Reply:
        for name, value in self.authorization.items():
            request.add_header(name, value)
        try:
            with self._open.open(request, timeout=PATIENCE) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, cast(HTTPMessage, error.headers), error.read())


def _field(page: Reply, name: str) -> str:
    """What a hidden field of a page's form holds; empty where it has none."""
    match = re.search(rf'name="{name}" value="([^"]*)"', page.body.decode(errors="replace"))
    return match[1] if match else ""
