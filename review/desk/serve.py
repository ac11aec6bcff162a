"""The desk's process: an HTTP server on one address, for whoever knows the password."""

import asyncio
import sys

import click

from line.errors import SettingsError, SluiceError
from line.settings import settings
from review.desk.application import application

LARGEST = 64 * 1024 * 1024
"""Bytes that a request may have: a mask that a person drew."""
PORT = 5556


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=int, default=PORT, show_default=True, help="Its port there.")
def main(address: str, port: int) -> None:
    """The review desk of the line that SLUICE_DATABASE_URL and SLUICE_BUCKET_URL name.

    Who logs in gives a name of their own, which the records keep with each decision, and the password in
    SLUICE_DESK_PASSWORD.
    """
    try:
        asyncio.run(serve(address, port))
    except SluiceError as error:
        print(f"sluice: {error}", file=sys.stderr)  # noqa: T201 - the process's own last word
        raise SystemExit(2) from None


async def serve(address: str, port: int) -> None:
    """Answer requests until the process is told to end.

    Raises:
        SettingsError: there is no password, so anybody could decide.
    """
    password = settings().desk_password
    if password is None or not password.get_secret_value():
        raise SettingsError("SLUICE_DESK_PASSWORD is not set: the desk decides what is published")
    application(password.get_secret_value()).listen(port, address, max_body_size=LARGEST)
    await asyncio.Event().wait()
