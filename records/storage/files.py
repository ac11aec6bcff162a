"""Delivered files: each image of a batch has a path that no file system takes for another's, nor for a folder."""

from collections.abc import Mapping
from itertools import count
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from line.delivery import rendition_paths
from line.names import fold
from records.tables import images


def separate_paths(connection: sa.Connection, batch_id: int, delivery: Mapping[str, Any]) -> None:
    """Give every image of a batch a path of its own: no two files alike, no file where a folder has to be.

    Args:
        delivery: parameters of ``deliver``; no rendition gets the path of another image's file or rendition.
    """
    _separate_twins(connection, batch_id)
    _separate_folders(connection, batch_id)
    if delivery.get("renditions"):
        _separate_renditions(connection, batch_id, delivery)


def free_file(
    connection: sa.Connection, batch_id: int, image_id: int, file: str, *, folders_too: bool = True
) -> str:
    """``file``, or where another image of the batch has it ``stem~2.jpg``, ``stem~3.jpg``, …

    The batch must be locked, or still be unseen by others.

    Args:
        folders_too: whether the path may also not be a folder of another image; that takes a look at all of them.
    """
    path = PurePosixPath(file)
    for number in count(1):
        candidate = file if number == 1 else str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
        if not _is_taken(connection, batch_id, image_id, fold(candidate), folders_too):
            return candidate
    raise AssertionError("unreachable")


def _is_taken(
    connection: sa.Connection, batch_id: int, image_id: int, folded: str, folders_too: bool
) -> bool:
    """Whether another image has that path, lies below it, or has one of the folders above it as its file."""
    above = [str(parent) for parent in PurePosixPath(folded).parents if str(parent) != "."]
    below = [sa.func.starts_with(images.c.fold, f"{folded}/")] if folders_too else []
    other = sa.exists().where(
        images.c.batch_id == batch_id,
        images.c.id != image_id,
        sa.or_(images.c.fold.in_([folded, *above]), *below),
    )
    return bool(connection.scalar(sa.select(other)))


def _separate_twins(connection: sa.Connection, batch_id: int) -> None:
    """Give all but the first of each set of equal paths, in the order of their names, a path of its own."""
    nth = sa.func.row_number().over(partition_by=images.c.fold, order_by=sa.collate(images.c.name, "C"))
    ranked = sa.select(images.c.id, images.c.file, nth.label("nth")).where(images.c.batch_id == batch_id)
    ranked_rows = ranked.subquery()
    twins = sa.select(ranked_rows).where(ranked_rows.c.nth > 1).order_by(ranked_rows.c.id)
    for row in connection.execute(twins).all():
        file = free_file(connection, batch_id, row.id, row.file, folders_too=False)
        connection.execute(sa.update(images).where(images.c.id == row.id).values(file=file, fold=fold(file)))


def _separate_folders(connection: sa.Connection, batch_id: int) -> None:
    """Rename folders that have the path of a file: ``cap.jpg/detail.jpg`` beside ``cap.jpg`` → ``cap.jpg~2/…``."""
    while (conflict := _file_and_folder(connection, batch_id)) is not None:
        depth = len(PurePosixPath(conflict).parts)
        below = sa.and_(images.c.batch_id == batch_id, sa.func.starts_with(images.c.fold, f"{conflict}/"))
        rows = connection.execute(sa.select(images.c.id, images.c.file).where(below)).all()
        folder = PurePosixPath(*PurePosixPath(rows[0].file).parts[:depth])
        free = free_file(connection, batch_id, 0, str(folder))
        for row in rows:
            file = str(PurePosixPath(free, *PurePosixPath(row.file).parts[depth:]))
            connection.execute(
                sa.update(images).where(images.c.id == row.id).values(file=file, fold=fold(file))
            )


def _separate_renditions(connection: sa.Connection, batch_id: int, delivery: Mapping[str, Any]) -> None:
    """Rename files of which a path or a rendition's path belongs to an image before them, in the order of names."""
    query = sa.select(images.c.id, images.c.file, images.c.fold).where(images.c.batch_id == batch_id)
    rows = connection.execute(query.order_by(sa.collate(images.c.name, "C"))).all()
    files = {row.fold for row in rows}
    taken: set[str] = set()
    for row in rows:
        path = PurePosixPath(row.file)
        for number in count(1):
            file = row.file if number == 1 else str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
            paths = {fold(file), *(fold(other) for other in rendition_paths(delivery, file))}
            if not paths & taken and (number == 1 or fold(file) not in files):
                break
        taken |= paths
        if file != row.file:
            files.add(fold(file))
            statement = sa.update(images).where(images.c.id == row.id)
            connection.execute(statement.values(file=file, fold=fold(file)))


_FILE_AND_FOLDER = sa.text(
    """
    SELECT fold FROM images WHERE batch_id = :batch AND fold IN (
        SELECT array_to_string(parts[1:depth], '/')
        FROM (SELECT string_to_array(fold, '/') AS parts FROM images
              WHERE batch_id = :batch AND fold LIKE '%/%') AS paths,
             generate_series(1, cardinality(parts) - 1) AS depth
    ) ORDER BY fold LIMIT 1
    """
)


def _file_and_folder(connection: sa.Connection, batch_id: int) -> str | None:
    """The path of a file that is also a folder above another, or None."""
    path: str | None = connection.scalar(_FILE_AND_FOLDER, {"batch": batch_id})
    return path
