"""``sluice quote``: price and time of an upload, before anything is spent."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from review.cli.options import json_option, recipe_option, upload_argument, vendor_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from review.experiments.quote import Quote
    from worker.topology import Topology


@click.command()
@upload_argument
@recipe_option
@vendor_option
@click.option(
    "--sample", type=click.IntRange(2), default=20, show_default=True, metavar="N", help="Photos to measure."
)
@json_option
@pass_session
def quote(session: Session, upload: Path, recipe: str, vendor: str, sample: int, as_json: bool) -> None:
    """Measure a sample of UPLOAD (a folder) on this machine; print what all of it will cost and how long it takes.

    The sample is chosen by a hash, so the same upload is measured on the same photos. Nothing is recorded or delivered.
    Prices come from [costs] of sluice.toml, limits from [budget]. The ends of each range enclose 90 % of resamples.
    """
    from line.errors import InputError
    from line.filenames.upload_files import FileKind, kind_of
    from review.cli.local_files import local_files
    from review.experiments.quote import quote as measure
    from worker import topology

    if not upload.is_dir():
        raise InputError(f"{upload}: only a folder can be sampled; unpack the archive and give its folder")
    context = session.pinned()
    chosen = session.recipe(context, recipe)
    files = {
        name: path for name, path in local_files(upload).files.items() if kind_of(name) is FileKind.PICTURE
    }
    if not files:
        raise InputError(f"{upload}: there is no picture in it")
    layout = topology.load(session.settings.config)
    measured = measure(context, chosen, files, sample)
    _show(upload, vendor, layout, measured, as_json)


def _show(upload: Path, vendor: str, layout: "Topology", measured: "Quote", as_json: bool) -> None:
    from review.cli import console

    report = _report(upload, vendor, layout, measured)
    if as_json:
        console.as_json(report)
        return
    price = report["price"]
    costs = report["cost_per_thousand"]
    lines = [
        (step, f"{seconds:.2f} s", f"{costs[step]:.3f}" if costs else "-")
        for step, seconds in report["seconds_per_photo"].items()
    ]
    console.out.print(
        f"{report['photos']} photos, {report['sampled']} measured, {report['passed']} of them passed every gate"
    )
    console.rows("", ("step", "a photo", "cost per thousand"), lines)
    console.out.print(f"work:   {_span(report['work_seconds'], _time)}")
    console.out.print(f"time:   {_span(report['wall_seconds'], _time)} with {report['processes']} processes")
    if price is None:
        console.out.print("price:  unknown; \\[costs] of sluice.toml names no price of cpu")
    else:
        console.out.print(f"price:  {_span(price, lambda value: f'{value:.4f}')}")
    for warning in report["warnings"]:
        console.err.print(warning, style="yellow", markup=False, soft_wrap=True)


def _report(upload: Path, vendor: str, layout: "Topology", measured: "Quote") -> dict[str, Any]:
    per_second = layout.price("cpu")
    work, by_step = measured.total_seconds(), measured.by_step()
    processes = sum(group.count for group in layout.workers.values())
    price = None if per_second is None else work.times(per_second)
    return {
        "upload": str(upload),
        "photos": measured.photos,
        "sampled": len(measured.seconds),
        "passed": measured.passed,
        "seconds_per_photo": by_step,
        "cost_per_thousand": {step: 1000 * seconds * per_second for step, seconds in by_step.items()}
        if per_second is not None
        else {},
        "work_seconds": asdict(work),
        "wall_seconds": asdict(work.times(1 / processes)),
        "processes": processes,
        "price": asdict(price) if price else None,
        "warnings": _warnings(vendor, layout, measured.photos, price.high if price else None),
    }


def _warnings(vendor: str, layout: "Topology", photos: int, highest: float | None) -> list[str]:
    limits = {
        "per_batch": layout.budget.per_batch,
        "the vendor's month": layout.vendor(vendor).budget_per_month or layout.budget.per_vendor,
        "per_month": layout.budget.per_month,
    }
    warnings = [
        f"workers on {group.device} are not measured here"
        for group in layout.workers.values()
        if group.on_gpu
    ]
    if highest is None:
        return warnings
    for name, limit in limits.items():
        if limit is not None and highest > limit:
            at = int(photos * limit / highest)
            warnings.append(f"the budget {name} ({limit:g}) may stop it at about photo {at} of {photos}")
    return warnings


def _span(ends: dict[str, float], form: Any) -> str:
    return f"{form(ends['likely'])} ({form(ends['low'])} to {form(ends['high'])})"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


COMMANDS = [quote]
