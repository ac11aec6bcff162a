"""Kept inputs of steps that are gone."""

from collections.abc import Iterator

from review.audit.contract import Finding, InstallationCheck, Level
from review.audit.subject import Installation


def look(subject: Installation) -> Iterator[Finding]:
    records = subject.records
    if records is None or not records.missing:
        return
    yield Finding(
        Level.FATAL,
        "bucket",
        f"{len(records.missing)} of {records.inputs} inputs of recent steps are gone, such as {records.missing[0]}",
        "let no lifecycle rule and no clean-up delete objects of batches that may still be rolled back",
    )


CHECK = InstallationCheck(
    "missing_intermediates", "Without the input of a step no image can be rolled back or reproduced.", look
)
