"""All rollouts with their evidence; a person starts one, promotes it or rolls it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.recipe import shipped
from line.states import TRYING, RolloutState
from records.rollouts import blind
from records.rollouts import rollout as records
from review.desk.web.errors import RequestError
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, read, write
from scheduler.rollout.summary import Summary

DECISIONS: Final[Mapping[str, tuple[tuple[RolloutState, ...], RolloutState, str]]] = {
    "promote": (
        (RolloutState.RAMP, RolloutState.INCONCLUSIVE),
        RolloutState.PROMOTED,
        "a person promoted it",
    ),
    "rollback": (
        tuple(state for state in RolloutState if state is not RolloutState.ROLLED_BACK),
        RolloutState.ROLLED_BACK,
        "a person rolled it back",
    ),
}
"""What the buttons do: states in which it can be done, the new state, and the reason that is recorded."""
DISPLAY_ORDER: Final = (*TRYING, RolloutState.INCONCLUSIVE, RolloutState.PROMOTED, RolloutState.ROLLED_BACK)
STATE_WORDS: Final[Mapping[RolloutState, str]] = {
    RolloutState.SHADOW: "in shadow: both models run, and the picture of the model in use goes on",
    RolloutState.RAMP: "in the ramp: the candidate's picture goes on for a share of the photos",
    RolloutState.INCONCLUSIVE: "inconclusive: the candidate is off until somebody decides",
    RolloutState.PROMOTED: "promoted: the candidate runs in place of the other model",
    RolloutState.ROLLED_BACK: "rolled back: the candidate is off",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A rollout as the page shows it.

    Attributes:
        waiting: stored pairs that nobody has compared yet.
    """

    summary: Summary
    waiting: int

    @property
    def state(self) -> str:
        return STATE_WORDS[self.summary.rollout.state]

    def can(self, decision: str) -> bool:
        """Whether the button of that name is offered."""
        return self.summary.rollout.state in DECISIONS[decision][0]


async def show(request: Request) -> Response:
    """All rollouts, those that compare first, then the newest first."""
    return render(request, "rollouts.html", rollouts=await read(request, _listed))


async def start_page(request: Request) -> Response:
    """The form that starts a rollout."""
    candidates = await drawing_of(request).rollout_candidates()
    return render(request, "rollout_start.html", candidates=candidates, recipe_names=shipped())


async def start(request: Request, form: FormData) -> Response:
    """Start a rollout, as ``sluice rollout start`` does."""
    step, _, candidate = field(form, "candidate").partition(" ")
    options = {
        "step": step,
        "candidate": candidate,
        "share": _percent(form, "share"),
        "margin": _percent(form, "margin"),
        "max_latency": _number(form, "max_latency", 0, 10_000),
    }
    new = await drawing_of(request).new_rollout(field(form, "recipe"), options)
    await write(request, partial(records.start, new=new, person=person_of(request)))
    return RedirectResponse("/rollouts", HTTPStatus.SEE_OTHER)


async def decide(request: Request, form: FormData) -> Response:
    """Promote a rollout or roll it back."""
    number, decision = request.path_params["rollout"], field(form, "decision")
    if decision not in DECISIONS:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the decision must be promote or rollback")
    old, new, reason = DECISIONS[decision]
    current = await read(request, partial(records.get, rollout_id=number))
    act = partial(records.move, rollout_id=number, old=old, new=new, by=person_of(request), reason=reason)
    if not await write(request, act):
        raise RequestError(
            HTTPStatus.CONFLICT,
            f"rollout {number} is {current.state.value}: reload the page and decide again",
        )
    return RedirectResponse(f"/rollouts#rollout-{number}", HTTPStatus.SEE_OTHER)


def _listed(connection: sa.Connection) -> list[Shown]:
    waiting = blind.waiting(connection)
    ordered = sorted(records.listed(connection), key=lambda each: (DISPLAY_ORDER.index(each.state), -each.id))
    return [Shown(Summary.of(connection, each), waiting.get(each.id, 0)) for each in ordered]


def _percent(form: FormData, name: str) -> float:
    return _number(form, name, 0, 100) / 100


def _number(form: FormData, name: str, above: float, most: float) -> float:
    """A number of a form.

    Raises:
        RequestError: the field holds none, or one out of range.
    """
    try:
        value = float(field(form, name))
    except ValueError:
        value = above
    if not above < value <= most:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"{name.replace('_', ' ')} must be above {above:g} and at most {most:g}"
        )
    return value
