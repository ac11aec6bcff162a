"""Decisions by people without a name."""

from collections.abc import Iterator

from review.audit.contract import Finding, InstallationCheck, Level
from review.audit.subject import Installation


def look(subject: Installation) -> Iterator[Finding]:
    records = subject.records
    if records is None or not records.nameless:
        return
    yield Finding(
        Level.WARNING,
        "events",
        f"{records.nameless} of {records.decisions} decisions by people bear no person's name",
        "decide at the review desk, where each person logs in with a name",
    )


CHECK = InstallationCheck(
    "nameless_decisions", "Nobody can be asked about a decision that bears no name.", look
)
