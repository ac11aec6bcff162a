"""Decides who a request comes from: a reverse proxy's header, a session, or a name and a password."""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from line.errors import SettingsError
from line.settings import Settings
from records.access import sessions
from records.database import Database
from review.desk.people.accounts import USER_NAME, Accounts

SESSION_CACHE_SECONDS: Final = 10.0
"""Time for which a session is believed without asking the records (s); logging out at this desk ends it at once."""
MAX_CACHED: Final = 1000
MAX_FAILURES: Final = 10
"""Failed logins with one name from one address after which it waits."""
FAILURE_SECONDS: Final = 300.0
"""Time for which a failed login counts (s)."""
COMPUTATIONS: Final = threading.BoundedSemaphore(2)
"""scrypt takes 32 MiB each time: only so many at once."""

K = TypeVar("K")
V = TypeVar("V")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TooManyFailuresError(Exception):
    """Too many failed logins with one name from one address."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A reverse proxy that logs people in.

    Attributes:
        header: holds the name of the person.
        networks: whence the header is believed.
    """

    header: str
    networks: Sequence[Network]

    def is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self.networks)


def proxy_of(settings: Settings) -> Proxy | None:
    """The proxy that the settings name; None if there is none.

    Raises:
        SettingsError: only one of the two settings is there, or an address is none.
    """
    header, addresses = settings.desk_proxy_header, settings.desk_proxy_addresses
    if bool(header) != bool(addresses):
        raise SettingsError("SLUICE_DESK_PROXY_HEADER and SLUICE_DESK_PROXY_ADDRESSES must be set together")
    if not header:
        return None
    try:
        return Proxy(header, [ipaddress.ip_network(address) for address in addresses])
    except ValueError as error:
        raise SettingsError(f"SLUICE_DESK_PROXY_ADDRESSES: {error}; write 10.0.0.5 or 10.0.0.0/24") from None


class Gate:
    """Checks passwords and sessions. All methods may block: they belong in a thread.

    Args:
        password: that everybody may use who has no account of that name; None for none.
    """

    def __init__(
        self, database: Database, accounts: Accounts, password: str | None, proxy: Proxy | None
    ) -> None:
        self.proxy = proxy
        self._database, self._accounts, self._password = database, accounts, password or None
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, tuple[str, str, float]] = OrderedDict()
        self._right: OrderedDict[bytes, str] = OrderedDict()
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._password_credential = ""

    def is_right(self, name: str, password: str, address: str) -> bool:
        """Whether a person of that name may log in with that password; a name with an account needs the account's.

        Raises:
            TooManyFailuresError: there were too many failures of late.
        """
        digest = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
        if self._right.get(digest) == self._credential(name):  # checked before, and unchanged since
            return True
        self._check_failures(name, address)
        is_right = bool(USER_NAME.fullmatch(name)) and self._matches(name, password)
        with self._lock:
            if is_right:
                _remember(self._right, digest, self._credential(name))
            else:
                self._failures.setdefault((name, address), []).append(time.monotonic())
                while len(self._failures) > MAX_CACHED:
                    self._failures.popitem(last=False)
        return is_right

    def begin(self, name: str) -> str:
        """Begin a session of a person who logged in; answers its cookie."""
        create = partial(sessions.create, person=name, credential=self._credential(name))
        return self._database.transact(create)

    def person_of(self, cookie: str) -> str | None:
        """Whose session it is; None where it ended, or where the account or its password has changed."""
        digest = sessions.digest_of(cookie)
        with self._lock:
            cached = self._sessions.get(digest)
        if cached is None or time.monotonic() - cached[2] > SESSION_CACHE_SECONDS:
            session = self._database.transact(partial(sessions.find, cookie=cookie))
            if session is None:
                return None
            cached = (session.person, session.credential, time.monotonic())
            with self._lock:
                _remember(self._sessions, digest, cached)
        person, credential, _ = cached
        return person if credential and hmac.compare_digest(credential, self._credential(person)) else None

    def end(self, cookie: str) -> None:
        """End a session."""
        with self._lock:
            self._sessions.pop(sessions.digest_of(cookie), None)
        self._database.transact(partial(sessions.end, cookie=cookie))

    def _matches(self, name: str, password: str) -> bool:
        if self._accounts.hash_of(name) is None and self._password is not None:
            return hmac.compare_digest(password.encode(), self._password.encode())
        with COMPUTATIONS:
            return self._accounts.is_right(name, password)

    def _credential(self, name: str) -> str:
        """Changes with the password by which ``name`` logs in; empty where no password does."""
        stored = self._accounts.hash_of(name)
        if stored is not None:
            return hashlib.sha256(stored.encode()).hexdigest()
        if self._password is None:
            return ""
        if not self._password_credential:  # slow, so that the records give no way to guess it
            digest = hashlib.scrypt(self._password.encode(), salt=b"sluice desk", n=2**14, r=8, p=1, dklen=32)
            self._password_credential = digest.hex()
        return self._password_credential

    def _check_failures(self, name: str, address: str) -> None:
        oldest = time.monotonic() - FAILURE_SECONDS
        with self._lock:
            recent = [moment for moment in self._failures.get((name, address), ()) if moment > oldest]
            if recent:
                self._failures[(name, address)] = recent
        if len(recent) >= MAX_FAILURES:
            raise TooManyFailuresError


def _remember(cache: OrderedDict[K, V], key: K, value: V) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > MAX_CACHED:
        cache.popitem(last=False)
