"""``sluice tokens``: by which programs use the HTTP API."""

from functools import partial

import click

from review.cli.options import json_option
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

SCOPES = ("read", "pictures", "upload", "decide", "operate", "metrics")
"""The values of ``records.access.tokens.Scope``, which a test holds them against: that module loads SQLAlchemy."""


@click.group()
def tokens() -> None:
    """Create, list and revoke tokens, by which programs use the HTTP API.

    A token permits what its scopes say: read (batches, images, readings), pictures (links to them), upload, decide
    (accept, reject, requeue, roll back; templates), operate (halt, resume), metrics. Only a digest of it is stored.
    """


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    required=True,
    help="What the token permits; repeat for several.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days after which it expires; never if not given.")
@json_option
@pass_session
def create(session: Session, name: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Create a token for the program NAME and print it; it cannot be shown again.

    Example: sluice tokens create shop --scope read --scope upload --days 90
    """
    from records.access import tokens as records
    from review.cli import console

    chosen = sorted({records.Scope(scope) for scope in scopes})
    make = partial(records.create, name=name, scopes=chosen, created_by=current_actor(), days=days)
    with session.line() as line:
        text = line.database.transact(make)
    if as_json:
        console.as_json({"name": name, "scopes": chosen, "token": text})
    else:
        click.echo(text)


@tokens.command(name="list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the tokens that were not revoked, with their scopes and when they were last used."""
    from records.access import tokens as records
    from review.cli import console

    with session.line() as line:
        listed = line.database.transact(records.listed)
    if as_json:
        keys = ("name", "created_by", "created_at", "expires_at", "used_at")
        console.as_json(
            [
                {key: getattr(token, key) for key in keys} | {"scopes": sorted(token.scopes)}
                for token in listed
            ]
        )
        return
    lines = (
        (
            token.name,
            " ".join(sorted(token.scopes)),
            f"{token.created_at.astimezone():%Y-%m-%d} by {token.created_by.removeprefix('person:')}",
            f"{token.expires_at.astimezone():%Y-%m-%d}" if token.expires_at else "never",
            f"{token.used_at.astimezone():%Y-%m-%d %H:%M}" if token.used_at else "never",
        )
        for token in listed
    )
    console.rows("tokens", ("name", "scopes", "created", "expires", "last used"), lines)


@tokens.command()
@click.argument("name")
@pass_session
def revoke(session: Session, name: str) -> None:
    """Revoke the token NAME: it is refused from now on, and so are the links to pictures that it made."""
    from records.access import tokens as records

    with session.line() as line:
        line.database.transact(partial(records.revoke, name=name))
    click.echo(f"token {name} is revoked")


COMMANDS = [tokens]
