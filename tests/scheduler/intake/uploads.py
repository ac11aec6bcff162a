"""Uploads in an ingest bucket, and what a scheduler makes of them."""

import io
import zipfile
from uuid import uuid4

from line.trouble import TroubleKind
from records.queries.reports import troubles as current
from records.storage.bucket import Bucket
from tests.harness import db_builders
from tests.harness.context import scan as new_scan
from tests.harness.context import transact


def drop(store: Bucket, *names: str, marker: bytes | None = b"") -> str:
    """An upload of these files; answers its prefix."""
    prefix = f"ingest/acme/{uuid4().hex[:8]}"
    for name in names:
        store.put(f"{prefix}/{name}", b"photo " + name.encode())
    if marker is not None:
        store.put(f"{prefix}/_READY", marker)
    return prefix


def packed(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def names(batch: int) -> list[str]:
    return sorted(row.name for row in db_builders.rows(batch))


def scan(store: Bucket) -> list[int]:
    """What a scheduler that has just started takes."""
    return new_scan().once()


def troubles(kind: TroubleKind = TroubleKind.INGEST) -> dict[str, str]:
    """What is not taken, or what is still arriving, by subject."""
    return {trouble.subject: trouble.sentence for trouble in transact(current) if trouble.kind is kind}


def quiet(seconds: float) -> None:
    """So much time goes by without a change."""
    db_builders.execute("UPDATE sightings SET changed_at = changed_at - make_interval(secs => :s)", s=seconds)
