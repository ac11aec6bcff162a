"""``sluice spot-check``: what the spot check of a batch says."""

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from review.cli.options import batch_argument, json_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from records.spot_checks.results import Reviewer, Summary


@click.command(name="spot-check")
@batch_argument
@json_option
@pass_session
def spot_check(session: Session, batch: int, as_json: bool) -> None:
    """Print how large the share of bad pictures among those that BATCH delivered is at most.

    People judge a random sample of the delivered pictures at the desk (/batches/BATCH/spot-checks). The bound holds
    with 95 % however often it is looked at, so a check can end as soon as the bound is low enough.
    """
    from records.spot_checks import results
    from review.cli import console

    with session.line() as line:
        summary = line.database.transact(partial(results.summary, batch_id=batch))
    if as_json:
        console.as_json(_document(summary))
        return
    click.echo(f"batch {batch}: {summary.sentence}")
    if summary.unclear:
        click.echo(f"could not be judged: {summary.unclear}")
    for bad in summary.bad:
        click.echo(f"bad: image {bad.image} {bad.name}, now {bad.state}")
    for reviewer in summary.reviewers:
        click.echo(_of_reviewer(reviewer))
    if summary.agreement.pairs:
        kappa = summary.agreement.kappa
        text = "" if kappa is None else f", Cohen's kappa {kappa:.2f}"
        click.echo(
            f"two reviewers: {summary.agreement.pairs} pictures, agree on {summary.agreement.agreed:.0%}{text}"
        )


def _of_reviewer(reviewer: "Reviewer") -> str:
    accuracy = reviewer.accuracy
    parts = [f"{reviewer.name}: {reviewer.answers} answers, {reviewer.seconds:.1f} s each (median)"]
    if accuracy.bad:
        parts.append(f"noticed {accuracy.caught} of {accuracy.bad} bad controls")
    if accuracy.good:
        parts.append(f"passed {accuracy.passed} of {accuracy.good} good controls")
    return ", ".join(parts)


def _document(summary: "Summary") -> dict[str, Any]:
    document = asdict(summary)
    for reviewer, values in zip(summary.reviewers, document["reviewers"], strict=True):
        values["sensitivity"] = reviewer.accuracy.sensitivity
        values["specificity"] = reviewer.accuracy.specificity
    return document


COMMANDS = [spot_check]
