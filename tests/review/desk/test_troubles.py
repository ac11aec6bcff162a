import pytest

from line.trouble import TroubleKind
from records import troubles
from records.queries import reports
from tests.harness.context import transact
from tests.harness.desk import Visitor

pytestmark = [pytest.mark.services]


def test_what_waits_stands_on_the_overview_until_it_is_dismissed(ada: Visitor) -> None:
    sentence = "lies in no upload; put it into a folder <b>ingest/acme/UPLOAD/</b>"
    for kind, subject in (
        (TroubleKind.INGEST, "ingest/acme/loose.jpg"),
        (TroubleKind.ARRIVING, "ingest/acme/slow"),
    ):
        transact(
            lambda connection, kind=kind, subject=subject: troubles.report(
                connection, kind, subject, sentence
            )  # type: ignore[misc]
        )
    page = ada.get("/").text
    assert "ingest/acme/loose.jpg" in page
    assert "<b>ingest" not in page, "what vendors name is escaped"
    assert "ingest/acme/slow" not in page
    number = next(
        trouble.id for trouble in transact(reports.troubles) if trouble.subject == "ingest/acme/loose.jpg"
    )
    assert ada.forge(f"/troubles/{number}/dismiss", {}).status == 403
    assert ada.post(f"/troubles/{number}/dismiss", {}, page="/").status == 200
    assert "ingest/acme/loose.jpg" not in ada.get("/").text
