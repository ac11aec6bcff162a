"""Slots that were switched to a model without evidence."""

from collections.abc import Iterator

from review.audit.contract import Finding, InstallationCheck, Level
from review.audit.subject import Installation


def look(subject: Installation) -> Iterator[Finding]:
    for slot, model, person in subject.records.unproven if subject.records else ():
        yield Finding(
            Level.WARNING,
            f"slot @{slot}",
            f"{person.removeprefix('person:')} switched it to {model} by --unsafe, without a match or a rollout",
            f"take it back (sluice slots revert {slot}), compare the models by sluice match, and set it again",
        )


CHECK = InstallationCheck(
    "unproven_slot",
    "Every recipe that names the slot runs a model whose results nobody compared.",
    look,
)
