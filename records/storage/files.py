"""Delivered files: each image of a batch has one that no file system takes for another's."""

from pathlib import PurePosixPath

import sqlalchemy as sa

from line.names import fold
from records.tables import images


def part_twins(connection: sa.Connection, batch_id: int) -> None:
    """Give all but the first of each set of twins, in the order of their names, a file of its own."""
    nth = sa.func.row_number().over(partition_by=images.c.fold, order_by=sa.collate(images.c.name, "C"))
    ranked = sa.select(images.c.id, images.c.file, nth.label("nth")).where(images.c.batch_id == batch_id)
    ranked_rows = ranked.subquery()
    twins = sa.select(ranked_rows).where(ranked_rows.c.nth > 1).order_by(ranked_rows.c.id)
    for row in connection.execute(twins).all():
        file = free_file(connection, batch_id, row.id, row.file)
        connection.execute(sa.update(images).where(images.c.id == row.id).values(file=file, fold=fold(file)))


def free_file(connection: sa.Connection, batch_id: int, image_id: int, file: str) -> str:
    """``file``, or where another image of the batch has it ``stem~2.jpg``, ``stem~3.jpg``, …

    The batch must be locked, or still be unseen by others.
    """
    path, number, candidate = PurePosixPath(file), 1, file
    while connection.scalar(
        sa.select(
            sa.exists().where(
                images.c.batch_id == batch_id, images.c.id != image_id, images.c.fold == fold(candidate)
            )
        )
    ):
        number += 1
        candidate = str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
    return candidate
