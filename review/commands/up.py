"""``sluice up``: the whole line, staying on."""

import signal
import time

import click

from line.errors import ServiceError
from line.settings import settings
from records import reports
from records.database import transact
from review import show


@click.command()
@click.option(
    "--flower/--no-flower", default=True, show_default=True, help="Start Flower, behind a password."
)
@click.option("--flower-port", type=int, help="Its port on 127.0.0.1; a free one where not given.")
@click.option("--until-idle", is_flag=True, help="Stop once nothing is left to do.")
def up(flower: bool, flower_port: int | None, until_idle: bool) -> None:
    """Start the line and stay on: scheduler, workers, Flower; Postgres and Redis where none are named.

    Uploads come by `sluice submit`, or straight into the bucket below ingest/VENDOR/UPLOAD/ with an
    empty _READY file at the end. Ctrl-C stops everything in order; nothing is lost.
    """
    from review.stack import Stack

    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: over.append(number))
    signal.signal(signal.SIGINT, lambda number, _: over.append(number))
    with Stack(flower=flower, flower_port=flower_port) as stack:
        show.out.print(
            f"[bold]the line is up[/]: {len(stack.pids())} processes, logs in {settings().home_folder}/logs"
        )
        show.out.print(f"ingest  {settings().bucket}/ingest/VENDOR/UPLOAD/")
        if stack.addresses and stack.addresses.flower_url:
            user, _, password = stack.flower_login.partition(":")
            # what is not a terminal is a log, and a log holds no password
            login = (
                f"user {user}  password {password}"
                if show.out.is_terminal
                else f"login in {stack.login_file}"
            )
            show.out.print(f"Flower  {stack.addresses.flower_url}  {login}")
        show.out.print("Ctrl-C stops it")
        while not over:
            stack.tend()
            if until_idle and _is_idle():
                break
            time.sleep(0.2)
        show.err.print("[dim]stopping …[/]")


def _is_idle() -> bool:
    """Whether nothing is left to do; not known while Postgres is away, which the same loop tends."""
    try:
        return transact(reports.is_idle, patience=0)
    except ServiceError:
        return False


COMMANDS = [up]
