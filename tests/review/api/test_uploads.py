"""Uploads by programs: file by file, part by part, or by the name of a prefix."""

import hashlib
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from records.access.tokens import Scope
from review.api.client import ApiError, SluiceClient
from review.api.routes import uploads
from scheduler.intake.scan import Scan
from scheduler.intake.take import Intake
from tests.harness.context import context, load
from tests.review.api.conftest import Api, token

pytestmark = pytest.mark.services


def begin(api: Api, name: str, **more: str) -> dict[str, object]:
    answer = api.post("/uploads", {"vendor": "acme", "name": name} | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def scan() -> list[int]:
    return Scan(Intake.of(context(), load), 300.0).once()


def test_an_upload_is_taken_when_it_is_completed_and_not_before(api: Api) -> None:
    upload = begin(api, "whole", recipe="archival")
    path = f"/uploads/{upload['upload']}"
    stored = api.put(f"{path}/files/dresses/a.jpg", b"photo").json()
    assert stored["sha256"] == hashlib.sha256(b"photo").hexdigest()
    assert scan() == []
    assert api.post(f"{path}/complete").json()["state"] == "complete"
    (batch,) = scan()
    report = api.get(path).json()
    assert (report["state"], report["batch"], report["problem"]) == ("taken", batch, "")
    shown = api.get(f"/batches/{batch}").json()
    assert (shown["recipe"], shown["upload"]) == ("archival", "whole")
    (image,) = api.get(f"/batches/{batch}/images").json()["items"]
    assert image["name"] == "dresses/a.jpg"


def test_a_large_file_is_sent_by_parts_in_any_order(api: Api) -> None:
    path = f"/uploads/{begin(api, 'parts')['upload']}"
    for number, content in ((2, b"two"), (1, b"lost"), (3, b"three"), (1, b"one")):
        assert api.put(f"{path}/files/a.jpg?part={number}", content).status_code == 200
    assert api.post(f"{path}/complete").status_code == 202
    assert context().bucket.get("ingest/acme/parts/a.jpg") == b"onetwothree"
    assert list(context().bucket.walk("transfers")) == []


def test_a_missing_part_is_named_and_can_be_sent_after(api: Api) -> None:
    path = f"/uploads/{begin(api, 'holes')['upload']}"
    api.put(f"{path}/files/a.jpg?part=2", b"two")
    refused = api.post(f"{path}/complete")
    assert (refused.status_code, "a.jpg" in refused.json()["detail"]) == (409, True)
    api.put(f"{path}/files/a.jpg?part=1", b"one")
    assert api.post(f"{path}/complete").status_code == 202


def test_an_archive_is_one_file_under_the_uploads_name(api: Api) -> None:
    path = f"/uploads/{begin(api, 'photos.zip')['upload']}"
    assert api.put(f"{path}/files/other.zip", b"PK").status_code == 422
    assert api.put(f"{path}/files/photos.zip", b"PK").status_code == 200
    assert api.post(f"{path}/complete").status_code == 202
    assert json.loads(context().bucket.get("ingest/acme/photos.zip._READY")) == {"recipe": "catalog"}
    scan()
    assert api.get(path).json()["state"] == "refused"


@pytest.mark.parametrize(
    "name", ["../a.jpg", "a/../../b.jpg", "/etc/passwd", "_READY", "_ARRIVING", "a\\b.jpg", "CON"]
)
def test_no_file_leaves_its_upload_or_poses_as_a_marker(api: Api, name: str) -> None:
    path = f"/uploads/{begin(api, f'names-{abs(hash(name))}')['upload']}"
    answer = api.put(f"{path}/files/{name.replace('/', '%2F').replace('.', '%2E')}", b"x")
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"vendor": "..", "name": "a"},
        {"vendor": "a/b", "name": "a"},
        {"vendor": "acme", "name": ".."},
        {"vendor": "acme", "name": "x", "recipe": "/etc/passwd"},
        {"vendor": "acme", "name": "x", "out": "file:///etc"},
    ],
)
def test_an_upload_lies_in_the_folder_of_its_vendor(api: Api, body: dict[str, str]) -> None:
    assert api.post("/uploads", body).status_code == 422


def test_a_place_that_is_taken_is_refused(api: Api) -> None:
    begin(api, "twice")
    assert api.post("/uploads", {"vendor": "acme", "name": "twice"}).status_code == 409


def test_an_upload_of_another_token_is_not_there(server: TestClient, api: Api) -> None:
    path = f"/uploads/{begin(api, 'mine')['upload']}"
    other = Api(server, token("other-sender", Scope.UPLOAD))
    assert other.get(path).status_code == other.put(f"{path}/files/a.jpg", b"x").status_code == 404


def test_a_completed_upload_takes_no_more_files(api: Api) -> None:
    path = f"/uploads/{begin(api, 'closed')['upload']}"
    api.put(f"{path}/files/a.jpg", b"x")
    api.post(f"{path}/complete")
    assert api.put(f"{path}/files/b.jpg", b"x").status_code == 409


def test_a_request_that_is_too_large_is_refused_and_leaves_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_PART_BYTES", 4)
    path = f"/uploads/{begin(api, 'large')['upload']}"
    assert api.put(f"{path}/files/a.jpg", b"12345").status_code == 413
    assert context().bucket.find("ingest/acme/large/a.jpg") is None


def test_a_prefix_of_the_bucket_is_taken_by_its_name(api: Api) -> None:
    context().bucket.put("ingest/acme/there/a.jpg", b"photo")
    answer = api.post("/uploads/from-prefix", {"prefix": "ingest/acme/there"})
    assert (answer.status_code, answer.json()["state"]) == (201, "complete")
    scan()
    assert api.get(f"/uploads/{answer.json()['upload']}").json()["state"] == "taken"


@pytest.mark.parametrize(
    "prefix", ["delivered/acme/x", "ingest/acme", "ingest/../objects/x", "ingest/acme/a/b"]
)
def test_only_an_upload_of_the_ingest_bucket_can_be_named(api: Api, prefix: str) -> None:
    assert api.post("/uploads/from-prefix", {"prefix": prefix}).status_code == 422


def test_nothing_at_a_prefix_is_said_so(api: Api) -> None:
    assert api.post("/uploads/from-prefix", {"prefix": "ingest/acme/nowhere"}).status_code == 404


def test_the_client_sends_a_folder_and_reads_what_became_of_it(
    server: TestClient, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review.api.client.PART_BYTES", 3)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.jpg").write_bytes(b"12345678")
    (tmp_path / "b.jpg").write_bytes(b"1")
    with SluiceClient("http://testserver", api.secret, transport=server._transport) as sluice:
        upload = sluice.send(tmp_path, vendor="acme", name="client")
        (batch,) = scan()
        assert sluice.upload(upload.upload).batch == batch
        assert [image.name for image in sluice.images(batch)] == ["b.jpg", "sub/a.jpg"]
        assert context().bucket.get("ingest/acme/client/sub/a.jpg") == b"12345678"
        assert sluice.halt(batch).state == "halted"
        assert sluice.resume(batch).probe == 2
        assert next(sluice.batches()).batch == batch
        with pytest.raises(ApiError, match="no image"):
            sluice.accept(2**40)
