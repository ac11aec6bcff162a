"""Accounts of the desk, in a file of one line each: a name, and its password hashed by scrypt (RFC 7914)."""

import hashlib
import hmac
import os
import re
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from line.errors import InputError, SettingsError

USER_NAME: Final = re.compile(r"[\w.@+-]{1,60}")
"""Names that people may log in with; the records keep them with each decision."""
HASH: Final = re.compile(r"scrypt(\$\d{1,7}){3}\$[0-9a-f]{32}\$[0-9a-f]{64}")
MIN_PASSWORD_CHARACTERS: Final = 8
COST: Final = 2**15
"""scrypt's N: with BLOCK_SIZE it takes 32 MiB, and about a tenth of a second."""
BLOCK_SIZE: Final = 8
MAX_MEMORY: Final = 64 * 1024 * 1024
"""Maximum memory of one computation (bytes)."""


class Accounts:
    """The accounts in ``path``; a change of the file counts from the next login, and ends sessions of the account.

    A file that does not exist holds none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._version: tuple[int, int, int] | None = None
        self._hashes: Mapping[str, str] = {}
        self._absent = hashed(secrets.token_urlsafe())

    def hash_of(self, name: str) -> str | None:
        """The hash of an account's password; None if there is no such account."""
        return self._current().get(name)

    def names(self) -> list[str]:
        return sorted(self._current())

    def is_right(self, name: str, password: str) -> bool:
        """Whether there is such an account with that password; takes as long where there is none."""
        stored = self.hash_of(name)
        return verify(stored or self._absent, password) and stored is not None

    def set(self, name: str, password: str) -> None:
        """Add an account, or change its password.

        Raises:
            InputError: the name or the password is not one that the desk takes.
        """
        if not USER_NAME.fullmatch(name):
            raise InputError(f"{name!r} cannot be a name: use at most 60 letters, digits and . @ + - _")
        if len(password) < MIN_PASSWORD_CHARACTERS:
            raise InputError(f"the password must have at least {MIN_PASSWORD_CHARACTERS} characters")
        self._write({**self._current(), name: hashed(password)})

    def remove(self, name: str) -> None:
        """Remove an account.

        Raises:
            InputError: there is none of that name.
        """
        left = dict(self._current())
        if left.pop(name, None) is None:
            raise InputError(f"there is no account {name}; `sluice people list` lists them")
        self._write(left)

    def _current(self) -> Mapping[str, str]:
        with self._lock:
            try:
                status = self.path.stat()
                version = (status.st_mtime_ns, status.st_size, status.st_ino)
                if version != self._version:
                    self._hashes, self._version = _parsed(self.path.read_text("utf-8"), self.path), version
            except FileNotFoundError:
                self._hashes, self._version = {}, None
            return self._hashes

    def _write(self, hashes: Mapping[str, str]) -> None:
        """Replace the file at once, so that a desk never reads half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.writelines(f"{name} {text}\n" for name, text in sorted(hashes.items()))
        draft.replace(self.path)


def hashed(password: str) -> str:
    """``scrypt$N$r$p$SALT$HASH`` with a new salt."""
    salt = secrets.token_bytes(16)
    return f"scrypt${COST}${BLOCK_SIZE}$1${salt.hex()}${_scrypt(password, salt, COST, BLOCK_SIZE, 1).hex()}"


def verify(stored: str, password: str) -> bool:
    """Whether ``password`` is the one that was hashed."""
    _, cost, block_size, parallel, salt, digest = stored.split("$")
    computed = _scrypt(password, bytes.fromhex(salt), int(cost), int(block_size), int(parallel))
    return hmac.compare_digest(computed.hex(), digest)


def _scrypt(password: str, salt: bytes, cost: int, block_size: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block_size, p=parallel, maxmem=MAX_MEMORY, dklen=32
    )


def _parsed(text: str, path: Path) -> dict[str, str]:
    accounts: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, stored = line.strip().partition(" ")
        if not USER_NAME.fullmatch(name) or not re.fullmatch(
            r"scrypt(\$\d{1,7}){3}\$[0-9a-f]{32}\$[0-9a-f]{64}", stored
        ):
            raise SettingsError(
                f"{path}, line {number}: not an account; `sluice people add NAME` writes them"
            )
        accounts[name] = stored
    return accounts
