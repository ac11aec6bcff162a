"""The ``sluice`` command: its entry, its exit codes, and the list of its verbs."""

import sys

import click

from line.errors import InputError, SluiceError
from review.cli.lazy import LazyGroup
from review.cli.verbs import VERBS

DONE, FAILED, USAGE, HALTED = 0, 1, 2, 3
"""Exit codes: done; failed; wrong usage or input; the breaker halted the batch."""


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="sluice", prog_name="sluice")
def cli() -> None:
    """A batch line for product photos: overlays off, pictures enlarged, every edit measured.

    \b
    First try:      sluice run photos/ --out out/
    Look closer:    sluice status; sluice images BATCH --state flagged
    Decide:         sluice accept IMAGE…   sluice requeue --flagged BATCH
    Stay on:        sluice up              sluice submit photos/ --vendor acme

    State lives in SLUICE_HOME (default ~/.sluice). Postgres, Redis and the bucket are embedded
    unless SLUICE_DATABASE_URL, SLUICE_BROKER_URL and SLUICE_BUCKET_URL name others.

    Exit codes: 0 done, 1 failed, 2 wrong usage or input, 3 the breaker halted the batch.
    """


def main() -> None:
    """Entry of the ``sluice`` script."""
    try:
        sys.exit(cli.main(prog_name="sluice", standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except InputError as error:
        click.echo(f"sluice: {error}", err=True)
        sys.exit(USAGE)
    except SluiceError as error:
        click.echo(f"sluice: {error}", err=True)
        sys.exit(FAILED)
    except OSError as error:  # a full disk, a folder without rights: no fault of ours, and no traceback
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"sluice: {place}{error.strerror or error}", err=True)
        sys.exit(FAILED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("sluice: stopped; what was begun is kept and goes on with the next run", err=True)
        sys.exit(130)
