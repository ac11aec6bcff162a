"""``sluice people``: accounts of the review desk."""

import click

from review.cli.options import json_option
from review.cli.session import Session, pass_session


@click.group()
def people() -> None:
    """Add, list and remove accounts of the review desk.

    A name with an account logs in with its own password alone; other names log in with the password of the desk. The
    accounts lie in SLUICE_HOME/desk.people, or in the file that SLUICE_DESK_PEOPLE names, with hashed passwords. A
    desk that is up reads the file anew at each change.
    """


@people.command()
@click.argument("name")
@click.option("--generate", is_flag=True, help="Make a password and print it, instead of asking for one.")
@pass_session
def add(session: Session, name: str, generate: bool) -> None:
    """Add an account for NAME, or change its password; that ends its sessions.

    Example: sluice people add ada
    """
    import secrets

    from review.desk.people.accounts import Accounts

    password = secrets.token_urlsafe(12) if generate else _asked()
    Accounts(session.settings.people_file).set(name, password)
    if generate:
        click.echo(password)
    click.echo(f"{name} can log in at the desk", err=generate)


@people.command(name="list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the names that have an account."""
    from review.cli import console
    from review.desk.people.accounts import Accounts

    names = Accounts(session.settings.people_file).names()
    if as_json:
        console.as_json(names)
    else:
        console.rows("people", ("name",), [(name,) for name in names])


@people.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Remove the account of NAME; that ends its sessions."""
    from review.desk.people.accounts import Accounts

    Accounts(session.settings.people_file).remove(name)
    click.echo(f"{name} has no account any more")


def _asked() -> str:
    """The password, typed twice without being shown, or the first line of standard input where that is no terminal."""
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


COMMANDS = [people]
