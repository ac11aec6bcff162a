"""The ``sluice`` command: entry point, exit codes and commands."""

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
    """Process product photos in batches: remove overlays, enlarge small photos, measure every edit.

    \b
    First try:      sluice run photos/ --out out/
    Look closer:    sluice status; sluice images BATCH --state flagged
    Decide:         sluice accept IMAGE…   sluice requeue --flagged BATCH
    Keep running:   sluice up              sluice submit photos/ --vendor acme

    State is stored in SLUICE_HOME (default ~/.sluice). Sluice starts its own Postgres, Redis and bucket unless
    SLUICE_DATABASE_URL, SLUICE_BROKER_URL and SLUICE_BUCKET_URL are set.

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
        click.echo("sluice: stopped; the next run continues the work", err=True)
        sys.exit(130)
