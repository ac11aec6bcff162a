"""A vendor's attestation is read once, when its upload is taken, and stands in the batch."""

from pathlib import Path

import pytest

from records.templates import vendor_of
from tests.harness import db_builders
from tests.harness.context import bucket, scan, transact
from tests.harness.line import Line, environment

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

LETTER = "Letter of 2026-03-02"


def drop(records: Line, vendor: str) -> None:
    store = bucket(records.env["SLUICE_BUCKET_URL"])
    store.put(f"ingest/{vendor}/spring/a.jpg", b"x")
    store.put(f"ingest/{vendor}/spring/_READY", b"")


def rights(batch: int) -> str | None:
    return transact(lambda connection: vendor_of(connection, batch)).watermark_rights


def test_what_a_vendor_attested_is_recorded_with_its_batches_alone(records: Line, tmp_path: Path) -> None:
    file = tmp_path / "sluice.toml"
    file.write_text(f'[vendors.attests]\nwatermark_rights = "{LETTER}"\n[vendors.silent]\n')
    for vendor in ("attests", "silent", "unknown"):
        drop(records, vendor)
    with environment({"SLUICE_CONFIG": str(file)}):
        batches = {db_builders.head(batch).vendor: batch for batch in scan().once()}
    by_vendor = {vendor: rights(batch) for vendor, batch in batches.items()}
    assert by_vendor == {"attests": LETTER, "silent": None, "unknown": None}


def test_what_the_file_says_later_changes_no_batch(records: Line, tmp_path: Path) -> None:
    file = tmp_path / "sluice.toml"
    file.write_text(f'[vendors.late]\nwatermark_rights = "{LETTER}"\n')
    drop(records, "late")
    with environment({"SLUICE_CONFIG": str(file)}):
        (batch,) = scan().once()
        file.write_text("")
        assert scan().once() == []
        assert rights(batch) == LETTER


def test_with_a_file_that_cannot_be_read_uploads_wait_until_it_is_mended(
    records: Line, tmp_path: Path
) -> None:
    file = tmp_path / "sluice.toml"
    file.write_text("[vendors.waits]\nwatermark_rights = 1\n")
    drop(records, "waits")
    with environment({"SLUICE_CONFIG": str(file)}):
        assert scan().once() == []
        file.write_text(f'[vendors.waits]\nwatermark_rights = "{LETTER}"\n')
        (batch,) = scan().once()
    assert rights(batch) == LETTER
