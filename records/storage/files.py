"""Delivered files: each image of a batch has a path that no file system takes for another's, nor for a folder."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import sqlalchemy as sa

from line.delivery import has_counter, rendition_paths, sku_of
from line.errors import InputError
from line.facts import Facts
from line.filenames.names import fold
from records import recipes
from records.tables import images

Rows: TypeAlias = Sequence[Any]
"""Rows of images in the order of their names: id, name, file, fold."""


def separate_paths(connection: sa.Connection, batch_id: int, delivery: Mapping[str, Any]) -> None:
    """Give every image of a batch a path of its own: no two files alike, no file where a folder has to be.

    Args:
        delivery: parameters of ``deliver``; no rendition gets the path of another image's file or rendition.

    Raises:
        InputError: renditions of two images would have one path, whatever the images' files are called.
    """
    _separate_twins(connection, batch_id)
    _separate_folders(connection, batch_id)
    if delivery.get("renditions"):
        rows = _in_name_order(connection, batch_id)
        counters = _counters(rows) if has_counter(delivery) else {}
        _record_counters(connection, counters)
        _separate_renditions(connection, rows, counters, delivery)


def first_facts(connection: sa.Connection, image: sa.Row[Any], recipe: str) -> Facts:
    """The facts with which an image begins a recipe, by its digest: its counter, where its renditions have one."""
    facts = Facts.from_json(image.facts)
    if facts.counter is not None:
        return Facts(counter=facts.counter)
    if not has_counter(recipes.load(connection, recipe).steps[-1].params):
        return Facts()
    return Facts(counter=_counters(_in_name_order(connection, image.batch_id))[image.id])


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


def _in_name_order(connection: sa.Connection, batch_id: int) -> Rows:
    query = sa.select(images.c.id, images.c.name, images.c.file, images.c.fold)
    in_order = query.where(images.c.batch_id == batch_id).order_by(sa.collate(images.c.name, "C"))
    return connection.execute(in_order).all()


def _counters(rows: Rows) -> dict[int, int]:
    """Each image's position, 1-based, among those of its folder and SKU, in the order of ``rows``, by image id."""
    last: Counter[tuple[str, str]] = Counter()
    counters = {}
    for row in rows:
        group = (fold(str(PurePosixPath(row.file).parent)), fold(sku_of(row.file)))
        last[group] += 1
        counters[row.id] = last[group]
    return counters


def _record_counters(connection: sa.Connection, counters: Mapping[int, int]) -> None:
    statement = sa.text(
        "UPDATE images SET facts = facts || jsonb_build_object('counter', counters.number) "
        "FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS int[])) AS counters (id, number) "
        "WHERE images.id = counters.id"
    )
    if counters:
        connection.execute(statement, {"ids": list(counters), "numbers": list(counters.values())})


def _separate_renditions(
    connection: sa.Connection,
    rows: Rows,
    counters: Mapping[int, int],
    delivery: Mapping[str, Any],
) -> None:
    """Rename files of which a path or a rendition's path belongs to an image before them, in the order of names.

    Renditions named by counter instead of by file keep their paths: they come first, and files make way.
    """
    files = {row.fold for row in rows}
    taken = _fixed_paths(rows, counters, delivery)
    by_file = {"renditions": [table for table in delivery["renditions"] if "{stem}" in table["name"]]}
    for row in rows:
        path = PurePosixPath(row.file)
        for number in count(1):
            file = row.file if number == 1 else str(path.with_name(f"{path.stem}~{number}{path.suffix}"))
            renditions = rendition_paths(by_file, file, counters.get(row.id))
            paths = {fold(file), *map(fold, renditions)}
            if len(paths) <= len(renditions):
                raise InputError(
                    f"two renditions of {row.name} would have one name; change one in the recipe"
                )
            if not paths & taken and (number == 1 or fold(file) not in files):
                break
        taken |= paths
        if file != row.file:
            files.add(fold(file))
            statement = sa.update(images).where(images.c.id == row.id)
            connection.execute(statement.values(file=file, fold=fold(file)))


def _fixed_paths(rows: Rows, counters: Mapping[int, int], delivery: Mapping[str, Any]) -> set[str]:
    """Paths, folded, of the renditions whose names do not contain the file's stem.

    Raises:
        InputError: two of them are equal.
    """
    fixed = {"renditions": [table for table in delivery["renditions"] if "{stem}" not in table["name"]]}
    owners: dict[str, str] = {}
    for row in rows if fixed["renditions"] else ():
        for path in rendition_paths(fixed, row.file, counters.get(row.id)):
            if (other := owners.get(fold(path))) is not None:
                raise InputError(
                    f"renditions of {other} and of {row.name} would both be named {path}; "
                    "add {stem} to the rendition's name in the recipe"
                )
            owners[fold(path)] = row.name
    return set(owners)


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
