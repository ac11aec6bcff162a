"""``sluice up``: the whole line, staying on."""

import signal
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from line.errors import ServiceError
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from records.database import Database
    from stack.pages import Page

TEND_SECONDS = 1.0
"""Seconds between two looks after the processes while one keeps dying, or while the end of all work is waited for."""
IDLE_TEND_SECONDS = 10.0
"""The same while all of them run; the end of one is noticed at once."""


@click.command()
@click.option(
    "--flower/--no-flower", default=True, show_default=True, help="Start Flower, behind a password."
)
@click.option("--flower-port", type=int, help="Port of Flower on 127.0.0.1 (default 5555; 0: any free port).")
@click.option(
    "--desk/--no-desk", default=True, show_default=True, help="Start the review desk, behind a password."
)
@click.option(
    "--desk-port", type=int, help="Port of the review desk on 127.0.0.1 (default 5556; 0: any free port)."
)
@click.option("--until-idle", is_flag=True, help="Stop when no batch has work left.")
@pass_session
def up(
    session: Session,
    flower: bool,
    flower_port: int | None,
    desk: bool,
    desk_port: int | None,
    until_idle: bool,
) -> None:
    """Start the line and keep it running until Ctrl-C: scheduler, workers, review desk and Flower.

    Starts its own Postgres and Redis unless SLUICE_DATABASE_URL and SLUICE_BROKER_URL name others. People decide on
    flagged images at the review desk. Send uploads by `sluice submit`, or copy them into the bucket below
    ingest/VENDOR/UPLOAD/ and an empty file _READY last. Ctrl-C stops all processes in order and loses no work.
    """
    from review.cli import console
    from review.cli.preflight import check_writable
    from stack.local import Stack
    from stack.pages import USER

    over: list[int] = []
    event = threading.Event()  # something is to be tended: a child has ended, or we are to end

    def stop(number: int, _: object) -> None:
        over.append(number)
        event.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGCHLD, lambda *_: event.set())
    settings = session.settings
    check_writable(settings.bucket, f"the bucket {settings.bucket}")
    started = Stack(settings, flower=flower, flower_port=flower_port, desk=desk, desk_port=desk_port)
    with started as stack:
        console.out.print(
            f"[bold]the line is up[/]: {len(stack.pids())} processes, logs in {session.home}/logs"
        )
        console.out.print(f"ingest  {settings.bucket}/ingest/VENDOR/UPLOAD/")
        if stack.flower:
            _print_page("Flower", stack.flower, f"user {USER}")
        if stack.desk:
            _print_page("desk", stack.desk, "any name of yours")
        console.out.print("Ctrl-C stops it")
        failing: Mapping[str, str] = {}
        while not over:
            failing = _print_failing(stack.tend(), failing)
            if until_idle and _is_idle(stack.database):
                break
            event.wait(TEND_SECONDS if until_idle or failing or stack.is_reviving else IDLE_TEND_SECONDS)
            event.clear()
        console.err.print("[dim]stopping …[/]")


def _print_failing(failing: Mapping[str, str], before: Mapping[str, str]) -> Mapping[str, str]:
    """Print each program that began to keep dying, and each that lives again."""
    from review.cli import console

    for name in failing.keys() - before.keys():
        console.err.print(f"[yellow]{name} {failing[name]}[/]", soft_wrap=True)
    for name in before.keys() - failing.keys():
        console.err.print(f"[green]{name} lives again[/]")
    return failing


def _print_page(name: str, page: "Page", user: str) -> None:
    # what is not a terminal is a log, and a log holds no password
    from review.cli import console

    login = (
        f"{user}, password {page.password()}" if console.out.is_terminal else f"login in {page.login_file}"
    )
    console.out.print(f"{name:7} {page.url}  {login}")


def _is_idle(database: "Database") -> bool:
    """Whether nothing is left to do; not known while Postgres is away, which the same loop tends."""
    from records.queries import reports

    try:
        return database.transact(reports.is_idle, patience=0)
    except ServiceError:
        return False


COMMANDS = [up]
