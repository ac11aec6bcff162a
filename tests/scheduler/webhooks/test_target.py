"""A webhook leads to public addresses only, and to the one that was checked."""

import ssl
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from line.errors import ServiceError
from scheduler.webhooks import target
from scheduler.webhooks.target import RefusedTargetError, allowed_address, check_url, is_public

PRIVATE = (
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)
    url = check_url("https://hooks.example.com/x", allow_private=False)
    with pytest.raises(RefusedTargetError, match="SLUICE_WEBHOOK_PRIVATE"):
        allowed_address(url, allow_private=False, resolve=lambda host, port: [address])
    assert allowed_address(url, allow_private=True, resolve=lambda host, port: [address]) == address


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_a_public_address_is_taken(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    url = check_url("https://hooks.example.com/x", allow_private=False)
    with pytest.raises(RefusedTargetError):
        allowed_address(url, allow_private=False, resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "https:///x", "https://a:b@c.example/",
        "hooks.example.com", "https://hooks.example.com/" + "x" * 2000, "https://[::1", "gopher://x/",
    ],
)  # fmt: skip
def test_only_https_without_a_login_is_a_webhook(url: str) -> None:
    with pytest.raises(RefusedTargetError):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "127.1"]
)
def test_no_spelling_of_loopback_gets_past(host: str) -> None:
    with pytest.raises((RefusedTargetError, ServiceError)):
        target.post(f"https://{host}/x", b"{}", {}, allow_private=False)


def test_a_name_is_resolved_once_so_that_it_cannot_lead_elsewhere_afterwards() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    with pytest.raises(ServiceError, match=r"rebind\.example"):
        target.post("https://rebind.example:1/x", b"{}", {}, allow_private=True, resolve=rebinding)
    assert answers == [["10.0.0.1"]]


@pytest.mark.parametrize(
    ("certified", "is_taken"), [("hooks.example.com", True), ("other.example.com", False)]
)
def test_tls_checks_the_name_although_an_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certified: str, is_taken: bool
) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(self_signed(certified))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(target, "_trust", lambda: trust)
    server = HTTPServer(("127.0.0.1", 0), TakesAll)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    url = f"https://hooks.example.com:{server.server_address[1]}/x"
    try:
        if is_taken:
            assert send(url) == 204
        else:
            with pytest.raises(ServiceError, match="Hostname mismatch"):
                send(url)
    finally:
        thread.join()
        server.server_close()


def send(url: str) -> int:
    return target.post(url, b"{}", {}, allow_private=True, resolve=lambda host, port: ["127.0.0.1"])


class TakesAll(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Leave the test's output alone."""


def self_signed(name: str) -> bytes:
    """A key and a certificate for one host name, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    ) + certificate.public_bytes(serialization.Encoding.PEM)
