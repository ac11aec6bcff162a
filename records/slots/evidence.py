"""What speaks for a switch of a slot: nothing is switched without a comparison or a rollout on record."""

import sqlalchemy as sa

from line.errors import InputError
from records.rollouts import rollout
from records.slots import contents, matches
from records.slots.contents import Content, Evidence


class UnprovenSwitchError(InputError):
    """Raised when nothing on record speaks for a switch; says what is missing and how to get it."""


def weigh(
    connection: sa.Connection, slot: str, candidate: Content, *, unsafe: bool
) -> tuple[Evidence, int | None]:
    """The evidence for letting a slot hold a model, with the number of the match or rollout.

    Args:
        unsafe: a person insists on a switch without evidence.

    Raises:
        UnprovenSwitchError: there is no evidence, and nobody insists.
    """
    change = contents.current(connection).get(slot)
    if change is None:
        return Evidence.FIRST, None
    held = change.content
    match = matches.newest(connection, held, candidate)
    if match is not None and match.is_enough and candidate.model not in match.worse:
        return Evidence.MATCH, match.id
    rollout_id = rollout.promotion(connection, held.model, candidate.model, candidate.revision)
    if rollout_id is not None:
        return Evidence.ROLLOUT, rollout_id
    if unsafe:
        return Evidence.UNSAFE, None
    pair = f"{held.model} and {candidate.model}"
    if match is None:
        lack = f"{pair} were never compared at revisions {held.revision} and {candidate.revision}"
    elif not match.is_enough:
        lack = f"match {match.id} compared {pair} on {match.pictures} pictures, too few for a statement"
    else:
        lack = f"match {match.id} speaks against it: {match.sentence}"
    raise UnprovenSwitchError(
        f"slot {slot} holds {held.model}: {lack}. Compare them on your photos (sluice match {held.model} "
        f"{candidate.model} --set DIR) or on the line (sluice rollout start), or switch without evidence by --unsafe, "
        "which the audit will show"
    )
