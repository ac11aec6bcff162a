"""``sluice forget``: removing the records and intermediate pictures of old batches."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from review.cli import complete
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from scheduler.retention import Plan, Retention


@click.command()
@click.option(
    "--before",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Batches that were finished before this day (YYYY-MM-DD, of this machine's time zone).",
)
@click.option("--vendor", shell_complete=complete.vendors, help="Only batches of this vendor.")
@click.option("--yes", is_flag=True, help="Remove them. Without it, only what would be removed is shown.")
@pass_session
def forget(session: Session, before: datetime, vendor: str | None, yes: bool) -> None:
    """Remove the records of batches finished before a day, and the pictures between steps that only they need.

    Shows what would be removed; --yes removes it. Delivered files, their manifest.jsonl and the marks in them stay, as
    do the vendor's uploads. A batch stays while images of it wait for a person, and while it has generated content and
    no manifest that says which. Forgotten images cannot be rolled back, reproduced or decided again.

    \b
    Example: sluice forget --before 2026-01-31
             sluice forget --before 2026-01-31 --yes
    """
    from review.desk.viewer import tile_cache
    from scheduler.retention import Retention

    moment = before.astimezone()
    if moment > datetime.now(UTC):
        raise click.UsageError(f"--before {before:%Y-%m-%d} lies in the future; name a day that is over")
    with session.line() as line:
        retention = Retention(line.database, line.bucket)
        plan = retention.plan(moment, vendor)
        _show(plan)
        if not yes:
            click.echo("nothing was removed; --yes removes it" if plan.due else "nothing would be removed")
            return
        _forget(retention, plan)
        tile_cache.clean(session.home / tile_cache.FOLDER, line.database)


def _show(plan: "Plan") -> None:
    """What is removed and what is kept, recipe by recipe."""
    from scheduler.retention import counted

    for recipe, batches in plan.by_recipe().items():
        images, generated = (
            sum(getattr(batch, name) for batch in batches) for name in ("images", "generated")
        )
        what = f"{counted(len(batches), 'batch', 'batches')}, {counted(images)}"
        click.echo(f"recipe {recipe}: {what}: records and pictures between steps")
        click.echo(f"  kept: {_kept_for_the_law(generated)}")
    for each in plan.staying:
        batch = each.batch
        click.echo(
            f"batch {batch.id} ({batch.vendor}/{batch.upload}, recipe {batch.recipe}) stays: {each.reason}"
        )


def _kept_for_the_law(generated: int) -> str:
    """What still shows how the pictures of a recipe were made, and which rule asks for it."""
    from scheduler.retention import counted

    always = "the delivered files with the marks in them, and manifest.jsonl beside them"
    if not generated:
        return f"{always}; no image has generated content"
    return (
        f"{always}: generated content in {counted(generated)}, which Article 50 of the EU AI Act and GB 45438-2025 "
        "want marked in the file; the manifest names model, revision and seed of each"
    )


def _forget(retention: "Retention", plan: "Plan") -> None:
    from rich.progress import Progress

    from review.cli import console
    from scheduler.retention import counted

    total = sum(batch.images for batch in plan.due)
    with Progress(console=console.err, transient=True) as progress:
        bar = progress.add_task("forgetting", total=total)
        done = retention.forget(plan.due, current_actor(), lambda count: progress.advance(bar, count))
    what = f"{counted(done.batches, 'batch', 'batches')}, {counted(done.images)}"
    click.echo(f"forgotten: {what}, {counted(done.objects, 'stored picture')}")
    if done.recent_objects:
        recent = counted(done.recent_objects, "picture")
        click.echo(f"{recent} written less than a day ago will go with the next `sluice forget`")


COMMANDS = [forget]
