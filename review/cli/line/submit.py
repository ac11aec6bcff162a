"""``sluice submit``: an upload for a line that is up."""

from pathlib import Path

import click

from line.errors import ServiceError
from review.cli.options import json_option, recipe_option, upload_argument, vendor_option
from review.cli.session import Session, pass_session


@click.command()
@upload_argument
@vendor_option
@recipe_option
@json_option
@pass_session
def submit(session: Session, upload: Path, vendor: str, recipe: str, as_json: bool) -> None:
    """Copy UPLOAD (a folder, .zip, .7z or .tar) to a line that is up; print the id of its batch.

    The line is the one of `sluice up` on this machine, or the one that SLUICE_DATABASE_URL and SLUICE_BUCKET_URL
    name. The command does not wait for the result: `sluice status BATCH --watch` shows it. The same files with the
    same recipe are the same batch. If the copy is interrupted, the same command continues it.

    Example: sluice submit photos/ --vendor acme
    """
    from review.cli import console
    from review.cli.upload import place
    from stack.connection import running

    if session.settings.database_url is None and running(session.home) is None:
        raise ServiceError("no line is up: start one with `sluice up`, or use `sluice run`")
    with session.line() as line:
        batch_id = place(line, upload, vendor, recipe, out=None)
    if as_json:
        console.as_json({"batch": batch_id})
    else:
        click.echo(batch_id)


COMMANDS = [submit]
