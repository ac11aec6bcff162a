"""Photos are chosen by hashes, and people answer without knowing which model made which picture."""

from dataclasses import replace
from functools import partial

import pytest

from line.errors import InputError
from records.rollouts import blind, choice, pairs
from records.rollouts.blind import Side
from records.rollouts.pairs import CandidateRun, Outcome, Pair
from tests.harness.context import transact
from tests.harness.scenes import rollouts
from tests.harness.scenes.rollouts import begin_at_sabotage as start
from tests.harness.scenes.rollouts import begun, claimed

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records", "no_rollout_left")]


def test_a_blind_answer_counts_once_for_the_model_that_made_the_picture() -> None:
    number, claim = start(), claimed(6)
    begun(number, claim)
    stored = [
        Pair(image.id, Outcome.EQUAL, 1, 1, input="in", incumbent_output="old", candidate_output="new")
        for image in claim.images
    ]
    transact(partial(pairs.record, run=CandidateRun(number, tuple(stored))))
    questions = [each for each in transact(blind.questions) if each.rollout_id == number]
    assert len(questions) == 6
    assert {question.left for question in questions} == {"old", "new"}  # sides differ, by a hash
    for question in questions:
        side = Side.LEFT if question.left == "new" else Side.RIGHT
        reply = partial(
            blind.answer, rollout_id=number, image_id=question.image_id, side=side, person="person:ada"
        )
        transact(reply)
        with pytest.raises(InputError, match="waits for an answer"):
            transact(reply)
    after = rollouts.get(number)
    assert (after.prefers_candidate, after.prefers_incumbent, after.prefers_neither) == (6, 0, 0)
    assert [each for each in transact(blind.questions) if each.rollout_id == number] == []


def test_photos_are_chosen_by_a_hash_and_a_growing_share_only_adds_some() -> None:
    current = rollouts.get(start(share=0.2))
    chosen = {image for image in range(5000) if choice.is_chosen(current, image)}
    more = {image for image in range(5000) if choice.is_chosen(replace(current, share=0.5), image)}
    assert 900 < len(chosen) < 1100
    assert chosen < more
    assert 180 < sum(choice.is_stored(current.id, image) for image in range(5000)) < 320
    other = replace(current, id=current.id + 1)
    assert chosen != {image for image in range(5000) if choice.is_chosen(other, image)}
