"""``sluice dismiss`` and ``sluice login``: hiding troubles, and the logins of the web pages."""

from functools import partial

import click

from line.errors import InputError
from review.cli import complete
from review.cli.session import Session, pass_session


@click.command()
@click.argument(
    "numbers", metavar="NUMBER…", type=int, nargs=-1, required=True, shell_complete=complete.troubles
)
@pass_session
def dismiss(session: Session, numbers: tuple[int, ...]) -> None:
    """Hide troubles that `sluice status` lists, by NUMBER, until something about them changes."""
    from records import troubles

    with session.line() as line:
        for number in numbers:
            subject = line.database.transact(partial(troubles.dismiss, trouble_id=number), actor="person")
            click.echo(f"dismissed: {subject}")


@click.command()
@click.argument("page", type=click.Choice(["desk", "flower"]), required=False)
@click.option("--new", is_flag=True, help="Generate a new password; the page uses it from its next start.")
@pass_session
def login(session: Session, page: str | None, new: bool) -> None:
    """Show the logins of Flower and of the review desk, or change the login of one PAGE.

    They are stored in SLUICE_HOME, readable only by its user, and stay the same until they are changed.
    """
    from stack.pages import DEFAULT_PORTS, USER, Page

    if new and page is None:
        raise InputError(
            "say which login is to change: `sluice login desk --new` or `sluice login flower --new`"
        )
    for name in [page] if page else sorted(DEFAULT_PORTS):
        shown = Page.at(name, None, session.home)
        password = shown.new_password() if new else shown.password()
        user = f"user {USER}" if name == "flower" else "any name of yours"
        click.echo(f"{name}: {user}, password {password}")


COMMANDS = [dismiss, login]
