"""What can be tested before anything is started: targets that take files, folders that do not swallow themselves."""

import secrets
from pathlib import Path

from line.errors import InputError, ServiceError
from records.storage.bucket import UnwritableKeyError, open_bucket


def check_out(upload: Path, out: Path) -> None:
    """Refuse a delivery folder that cannot be written to, or that would be part of the next upload.

    The folder is made where it is missing.

    Raises:
        InputError: says why, and what to do.
    """
    target, source = out.resolve(), upload.resolve()
    if source.is_dir() and target.is_relative_to(source):
        raise InputError(
            f"--out {out} lies inside the upload {upload}: the next run would take delivered pictures for originals; "
            "choose a folder beside it"
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--out {out} cannot be made: {error.strerror}; choose a folder that you may write to"
        ) from error
    check_writable(target.as_uri(), f"--out {out}")


def check_writable(url: str, what: str) -> None:
    """Write an object into a bucket, and delete it again.

    Args:
        what: names the bucket in the message.

    Raises:
        InputError: it cannot be written to; says why.
    """
    key = f".sluice-{secrets.token_hex(4)}.writable"
    try:
        store = open_bucket(url)
        store.put(key, b"")
        store.delete(key)
    except (ServiceError, UnwritableKeyError) as error:
        cause = str(error).partition(f"{key}: ")[2] or str(error)
        raise InputError(f"{what} cannot be written to: {cause}") from error
