"""Where texts stand on the photos of some batches, counted in Postgres so that memory stays flat.

A step leaves in ``facts.regions`` of each image the ``box`` (left, top, right, bottom as shares of the
photo) and the ``overlay`` probability of every text. :func:`gather` lays them out for the rest of the
transaction; the other functions count among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from line.facts import Box
from records.tables import images, steps

CELLS = 20
"""Cells to a side of the grid on which the middles of texts are counted; a window is 2 × 2 of them."""
LARGEST = 0.25
"""Share of the photo above which a text has no place of its own: a mark all over it, or a whole page."""

texts = sa.table(
    "texts",
    *(sa.column(name, sa.BigInteger) for name in ("batch_id", "image")),
    *(sa.column(name, sa.Float) for name in ("x0", "y0", "x1", "y1", "overlay")),
)
_BOX = (texts.c.x0, texts.c.y0, texts.c.x1, texts.c.y1)


@dataclass(frozen=True, slots=True)
class Example:
    """An image with a text at a place, and the key of the picture on which the text was found."""

    image: int
    name: str
    picture: str
    box: Box


def gather(connection: sa.Connection, batch_ids: Sequence[int]) -> None:
    """Lay out the texts of some batches in a table that is dropped with the transaction."""
    connection.execute(
        sa.text("""
            CREATE TEMPORARY TABLE texts ON COMMIT DROP AS
            SELECT * FROM (SELECT images.batch_id, images.id AS image,
                   (region -> 'box' ->> 0)::float AS x0, (region -> 'box' ->> 1)::float AS y0,
                   (region -> 'box' ->> 2)::float AS x1, (region -> 'box' ->> 3)::float AS y1,
                   (region ->> 'overlay')::float AS overlay
            FROM images
            CROSS JOIN LATERAL jsonb_path_query(images.facts, '$.regions[*] ? (exists(@.box))') AS region
            WHERE images.batch_id = ANY(:batches) AND images.facts -> 'regions' -> 0 IS NOT NULL) AS text
            WHERE (x1 - x0) * (y1 - y0) BETWEEN 1e-9 AND :largest
        """),
        {"batches": list(batch_ids), "largest": LARGEST},
    )


def photos(connection: sa.Connection, batch_ids: Sequence[int]) -> int:
    """How many images of some batches were looked at for text."""
    looked_at = images.c.facts["regions"].is_not(None)
    query = sa.select(sa.func.count()).where(images.c.batch_id.in_(batch_ids), looked_at)
    return connection.scalar(query) or 0


def windows(connection: sa.Connection, batch_ids: Sequence[int], least: int) -> list[tuple[int, int]]:
    """Windows in which at least so many images have a text's middle, the fullest first.

    A window is two cells wide and high and they overlap by one, so that a stamp that moves by less than
    a cell lies wholly in one of them.
    """
    across, down = _cells()
    right = sa.func.generate_series(0, 1).table_valued("more", name="right_one").render_derived()
    below = sa.func.generate_series(0, 1).table_valued("more", name="below_one").render_derived()
    middles = (
        sa.select((across + right.c.more).label("x"), (down + below.c.more).label("y"), texts.c.image)
        .select_from(texts.join(right, sa.true()).join(below, sa.true()))
        .where(texts.c.batch_id.in_(batch_ids))
        .subquery()
    )
    count = sa.func.count(middles.c.image.distinct())
    query = (
        sa.select(middles.c.x, middles.c.y)
        .group_by(middles.c.x, middles.c.y)
        .having(count >= least)
        .order_by(count.desc(), middles.c.x, middles.c.y)
    )
    return [(int(row.x), int(row.y)) for row in connection.execute(query)]


def sample(
    connection: sa.Connection, batch_ids: Sequence[int], window: tuple[int, int], limit: int
) -> tuple[list[tuple[int, Box]], int]:
    """At most ``limit`` texts (image, box) of a window, the same at every call, and how many it has in all."""
    across, down = _cells()
    inside = sa.and_(
        texts.c.batch_id.in_(batch_ids),
        across.between(window[0] - 1, window[0]),
        down.between(window[1] - 1, window[1]),
    )
    query = sa.select(texts.c.image, *_BOX).where(inside).order_by(_shuffled(), *_BOX).limit(limit)
    chosen = [(int(row.image), _box(row)) for row in connection.execute(query)]
    return chosen, connection.scalar(sa.select(sa.func.count()).select_from(texts).where(inside)) or 0


def count_at(
    connection: sa.Connection, batch_ids: Sequence[int], box: Box, alike: float
) -> tuple[int, float]:
    """How many images have a text at a place, and the mean probability that it is an overlay."""
    query = sa.select(
        sa.func.count(texts.c.image.distinct()).label("images"), sa.func.avg(texts.c.overlay).label("overlay")
    ).where(texts.c.batch_id.in_(batch_ids), is_alike(_BOX, box, alike))
    row = connection.execute(query).one()
    return int(row.images), float(row.overlay or 0)


def examples(
    connection: sa.Connection,
    batch_ids: Sequence[int],
    box: Box,
    alike: float,
    *,
    transform: str,
    limit: int,
) -> list[Example]:
    """Some images with a text at a place, the same at every call."""
    first = (
        sa.select(texts.c.image, *_BOX)
        .where(texts.c.batch_id.in_(batch_ids), is_alike(_BOX, box, alike))
        .ext(distinct_on(_shuffled(), texts.c.image))
        .order_by(_shuffled(), texts.c.image, *_BOX)
        .limit(limit)
        .subquery()
    )
    searched_step = (
        sa.select(steps.c.input)
        .where(steps.c.image_id == first.c.image, steps.c.transform == transform, steps.c.input.is_not(None))
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        sa.select(first, images.c.name, searched_step.c.input)
        .join(images, images.c.id == first.c.image)
        .join(searched_step, sa.true())
        .order_by(first.c.image)
    )
    return [Example(row.image, row.name, row.input, _box(row)) for row in connection.execute(query)]


def is_alike(columns: Sequence[sa.ColumnElement[Any]], box: Box, alike: float) -> sa.ColumnElement[bool]:
    """Whether the box in four columns has at least this intersection over union with ``box``."""
    x0, y0, x1, y1 = columns
    wide = sa.func.greatest(sa.func.least(x1, box[2]) - sa.func.greatest(x0, box[0]), 0.0)
    high = sa.func.greatest(sa.func.least(y1, box[3]) - sa.func.greatest(y0, box[1]), 0.0)
    both = (x1 - x0) * (y1 - y0) + (box[2] - box[0]) * (box[3] - box[1])
    shared = wide * high
    return sa.and_(shared > 0, shared >= alike * (both - shared))


def _cells() -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    across = sa.cast(sa.func.floor((texts.c.x0 + texts.c.x1) / 2 * CELLS), sa.Integer)
    down = sa.cast(sa.func.floor((texts.c.y0 + texts.c.y1) / 2 * CELLS), sa.Integer)
    return across, down


def _shuffled() -> sa.ColumnElement[str]:
    """An order that has nothing to do with the upload's, where alike photos stand side by side."""
    return sa.func.md5(sa.cast(texts.c.image, sa.Text))


def _box(row: Any) -> Box:
    return float(row.x0), float(row.y0), float(row.x1), float(row.y1)
