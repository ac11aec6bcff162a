"""What the TAB key offers from the records.

By the driver alone: importing SQLAlchemy takes longer than a person waits for a key.
"""

import psycopg

LIMIT = 50
"""Proposals for one key press."""


def batches(url: str, prefix: str) -> list[tuple[str, str]]:
    """Ids that begin with ``prefix`` and a description, the newest batches first.

    Args:
        url: of Postgres, as libpq reads it.
    """
    return _rows(
        url,
        "SELECT id::text, vendor || '/' || upload || ', ' || state FROM batches"
        " WHERE id::text LIKE %(prefix)s ORDER BY id DESC LIMIT %(limit)s",
        prefix,
    )


def flagged_images(url: str, prefix: str) -> list[tuple[str, str]]:
    """Ids of flagged images that begin with ``prefix``, with name and reason, those of the newest batches first."""
    return _images(url, prefix, "'flagged'")


def settled_images(url: str, prefix: str) -> list[tuple[str, str]]:
    """Likewise of flagged and delivered images."""
    return _images(url, prefix, "'flagged', 'delivered'")


def templates(url: str, prefix: str) -> list[tuple[str, str]]:
    """Ids of templates that nobody dismissed and a description, the newest first."""
    return _rows(
        url,
        "SELECT id::text, vendor || ', ' || state || ', on ' || images || ' of ' || photos || ' photos' FROM templates"
        " WHERE state <> 'dismissed' AND id::text LIKE %(prefix)s ORDER BY id DESC LIMIT %(limit)s",
        prefix,
    )


def troubles(url: str, prefix: str) -> list[tuple[str, str]]:
    """Numbers of the troubles that stand, and what each is about, oldest first."""
    return _rows(
        url,
        "SELECT id::text, subject FROM troubles WHERE dismissed_at IS NULL AND id::text LIKE %(prefix)s"
        " ORDER BY since, id LIMIT %(limit)s",
        prefix,
    )


def vendors(url: str, prefix: str) -> list[tuple[str, str]]:
    """Vendors of the newest batches."""
    return _rows(
        url,
        "SELECT DISTINCT vendor, '' FROM (SELECT vendor FROM batches ORDER BY id DESC LIMIT 1000) AS newest"
        " WHERE vendor LIKE %(prefix)s ORDER BY vendor LIMIT %(limit)s",
        prefix,
    )


def _images(url: str, prefix: str, states: str) -> list[tuple[str, str]]:
    return _rows(
        url,
        "SELECT image.id::text, concat_ws(', ', image.name, nullif(image.reason, ''))"
        f" FROM (SELECT DISTINCT batch_id FROM image_counts WHERE state IN ({states}) AND images > 0"
        "       ORDER BY batch_id DESC LIMIT 5) AS newest"
        " CROSS JOIN LATERAL (SELECT id, name, reason FROM images"
        f"       WHERE batch_id = newest.batch_id AND state IN ({states}) AND id::text LIKE %(prefix)s"
        "       ORDER BY id LIMIT %(limit)s) AS image"
        " ORDER BY newest.batch_id DESC, image.id LIMIT %(limit)s",
        prefix,
    )


def _rows(url: str, query: str, prefix: str) -> list[tuple[str, str]]:
    literal = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with psycopg.connect(url, connect_timeout=2) as connection:
        rows = connection.execute(query, {"prefix": f"{literal}%", "limit": LIMIT}).fetchall()
    return [(str(value), str(text)) for value, text in rows]
