"""Where a webhook leads: checked, resolved once, and connected to by the address that was checked.

A name that resolves to this machine or to a private network would let whoever sets a webhook reach what only this host
can reach (server-side request forgery). The connection goes to the very address that was checked, so that a name
cannot resolve to another one in between (DNS rebinding); TLS still checks the certificate against the name.
"""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import httpx2

from line.errors import InputError, ServiceError

TIMEOUT_SECONDS: Final = 10.0
"""Maximum time to connect, and between two parts of an answer (s)."""
MAX_URL_CHARACTERS: Final = 2000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host."""


class RefusedTargetError(InputError):
    """Raised when a webhook leads to where none may lead."""


def check_url(url: str, *, allow_private: bool) -> httpx2.URL:
    """The parsed URL.

    Raises:
        RefusedTargetError: it is no https:// URL without a login; with ``allow_private`` http:// is taken too.
    """
    schemes = ("https", "http") if allow_private else ("https",)
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise RefusedTargetError(f"{url}: no URL ({error})") from None
    if parsed.scheme not in schemes or not parsed.host or parsed.userinfo or len(url) > MAX_URL_CHARACTERS:
        raise RefusedTargetError(
            f"{url}: a webhook is {' or '.join(f'{s}://HOST/PATH' for s in schemes)}, without a login"
        )
    return parsed


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host.

    Raises:
        ServiceError: it has none.
    """
    try:
        return list(
            dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        )
    except (OSError, UnicodeError) as error:
        raise ServiceError(f"{host} cannot be resolved: {error}") from None


def allowed_address(url: httpx2.URL, *, allow_private: bool, resolve: Resolve = resolved) -> str:
    """The address to connect to.

    Raises:
        RefusedTargetError: one of the host's addresses is not public.
        ServiceError: the host has no address.
    """
    addresses = resolve(url.host, _port(url))
    if not addresses:
        raise ServiceError(f"{url.host} has no address")
    for address in addresses:
        if not allow_private and not is_public(address):
            raise RefusedTargetError(
                f"{url.host} is {address}, which is not a public address; SLUICE_WEBHOOK_PRIVATE=true allows it"
            )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address can be reached by everybody, also where it stands for an IPv4 address inside of IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool, resolve: Resolve = resolved
) -> int:
    """Send a message and answer the HTTP status; redirects are not followed, the answer's body is not read.

    Raises:
        RefusedTargetError: the URL leads to where none may lead.
        ServiceError: it cannot be reached.
    """
    parsed = check_url(url, allow_private=allow_private)
    address = allowed_address(parsed, allow_private=allow_private, resolve=resolve)
    to_address = parsed.copy_with(host=address)
    named = {"Host": parsed.netloc.decode("ascii")} | dict(headers)
    try:
        with (
            httpx2.Client(verify=_trust(), trust_env=False, timeout=TIMEOUT_SECONDS) as client,
            client.stream(
                "POST", to_address, content=body, headers=named, extensions={"sni_hostname": parsed.host}
            ) as response,
        ):
            return int(response.status_code)
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise ServiceError(f"{parsed.host} cannot be reached: {error or type(error).__name__}") from error


def _trust() -> ssl.SSLContext:
    """The certificate authorities of the system."""
    return ssl.create_default_context()


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
