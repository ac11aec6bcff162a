"""What programs do: decisions, halts, and requests that are carried out once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from records.access import idempotency
from tests.harness import db_builders
from tests.harness.context import transact
from tests.review.api.conftest import Api

pytestmark = pytest.mark.services


def flagged() -> int:
    return int(db_builders.rows(db_builders.flagged(1))[0].id)


@pytest.mark.parametrize(
    ("decision", "body", "state"),
    [
        ("accept", {}, "waiting"),
        ("reject", {}, "discarded"),
        ("requeue", {}, "waiting"),
        ("requeue", {"recipe": "archival"}, "waiting"),
        ("rollback", {"step": "sabotage"}, "flagged"),
    ],
)
def test_a_decision_is_the_one_of_the_command_and_names_the_program(
    api: Api, decision: str, body: dict[str, str], state: str
) -> None:
    image = flagged()
    answer = api.post(f"/images/{image}/{decision}", body)
    assert (answer.status_code, answer.json().get("state")) == (200, state), answer.text
    if state != "flagged":
        assert db_builders.moves(image)[-1] == ("flagged", state, "api:everything")


def test_a_decision_on_what_changed_meanwhile_is_refused(api: Api) -> None:
    image = flagged()
    version = api.get(f"/images/{image}").json()["version"]
    assert api.post(f"/images/{image}/accept", {"version": "0" * 16}).status_code == 409
    assert api.post(f"/images/{image}/accept", {"version": version}).status_code == 200
    assert api.post(f"/images/{image}/accept", {"version": version}).status_code == 409


@pytest.mark.parametrize(
    "body", [{"recipe": "/etc/passwd"}, {"recipe": "../x.toml"}, {"mask": "/etc/passwd"}, {"x": 1}]
)
def test_a_path_of_the_server_is_no_recipe_and_no_mask(api: Api, body: dict[str, object]) -> None:
    assert api.post(f"/images/{flagged()}/requeue", body).status_code == 422


def test_a_request_that_is_sent_again_is_carried_out_once(api: Api) -> None:
    image = flagged()
    first = api.post(f"/images/{image}/reject", key="once")
    again = api.post(f"/images/{image}/reject", key="once")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert [move[1] for move in db_builders.moves(image)].count("discarded") == 1


def test_one_key_for_two_requests_is_refused(api: Api) -> None:
    assert api.post(f"/images/{flagged()}/reject", key="two").status_code == 200
    answer = api.post(f"/images/{flagged()}/reject", key="two")
    assert answer.status_code == 422
    assert "another request" in answer.json()["detail"]


def test_a_request_whose_first_copy_is_still_processed_waits_its_turn(api: Api) -> None:
    image = flagged()
    api.post(f"/images/{image}/reject", key="slow")
    db_builders.execute("UPDATE idempotency_keys SET status = NULL, body = NULL WHERE key = 'slow'")
    assert api.post(f"/images/{image}/reject", key="slow").status_code == 409
    db_builders.execute(
        "UPDATE idempotency_keys SET begun_at = now() - interval '16 minutes' WHERE key = 'slow'"
    )
    answer = api.post(f"/images/{image}/reject", key="slow")
    assert "discarded" in answer.json()["detail"], "the process of the first was gone: it is tried again"


def test_a_refused_request_may_be_sent_again_with_its_key(api: Api) -> None:
    batch = db_builders.batch(1)
    assert api.post(f"/batches/{batch}/resume", key="later").status_code == 409
    assert api.post(f"/batches/{batch}/halt").status_code == 200
    assert api.post(f"/batches/{batch}/resume", key="later").status_code == 200


def test_of_copies_sent_at_the_same_time_one_is_carried_out(api: Api) -> None:
    image = flagged()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: api.post(f"/images/{image}/reject", key="together"), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert [move[1] for move in db_builders.moves(image)].count("discarded") == 1


def test_answers_are_forgotten_after_a_day(api: Api) -> None:
    image = flagged()
    api.post(f"/images/{image}/reject", key="old")
    db_builders.execute(
        "UPDATE idempotency_keys SET begun_at = now() - interval '25 hours' WHERE key = 'old'"
    )
    assert api.post(f"/images/{image}/reject", key="old").status_code == 409
    assert idempotency.KEPT.days == 1


def test_a_batch_is_halted_and_resumed_through_a_probe(api: Api) -> None:
    batch = db_builders.batch(6)
    halted = api.post(f"/batches/{batch}/halt", {"reason": "wrong prices"}).json()
    assert (halted["state"], halted["halt_reason"], halted["by_state"]["held"]) == (
        "halted",
        "wrong prices",
        6,
    )
    assert api.post(f"/batches/{batch}/halt").status_code == 409
    assert api.post(f"/batches/{batch}/resume", {"budget": 5.0}).json() == {"batch": batch, "probe": 4}
    assert api.get(f"/batches/{batch}").json()["budget"][0]["ceiling"] == 5.0


def test_flagged_images_of_one_reason_are_requeued_together(api: Api) -> None:
    batch = db_builders.flagged(3)
    assert api.post(f"/batches/{batch}/requeue", {"reason": "seam.seam"}).json() == {
        "requeued": [],
        "skipped": [],
    }
    some = api.post(f"/batches/{batch}/requeue", {"reason": "sabotage.sabotaged", "limit": 2}).json()
    assert len(some["requeued"]) == 2
    assert db_builders.states(batch) == {"waiting": 2, "flagged": 1}


def test_templates_are_listed_and_decided_about(api: Api) -> None:
    transact(lambda connection: connection.exec_driver_sql("DELETE FROM templates"))
    propose_one()
    (template,) = api.get("/templates").json()["items"]
    path = f"/templates/{template['template']}"
    confirmed = api.post(f"{path}/confirm").json()
    assert (confirmed["state"], confirmed["decisions"][-1]["by"]) == ("confirmed", "api:everything")
    assert api.post(f"{path}/dismiss").status_code == 409
    assert api.post(f"{path}/dismiss", {"overrule": True}).json()["state"] == "dismissed"
    assert api.post("/templates/999999/confirm").status_code == 404


def propose_one() -> None:
    db_builders.execute(
        'INSERT INTO templates (vendor, "left", top, "right", bottom, images, photos, overlay, examples)'
        " VALUES ('acme', 0.1, 0.1, 0.4, 0.2, 9, 10, 0.9, '[]')"
    )
