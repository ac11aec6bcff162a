"""A line that is updated keeps every row it had, and goes on."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import records.migrations
from line.vendor import UNKNOWN_VENDOR
from records import templates
from records.access.tables import tokens
from records.database import Database
from records.metrics.tables import step_counters
from records.queries.rescans import rescans
from records.storage import retention_tables
from records.tables import metadata
from records.webhooks.tables import webhooks
from tests.harness.context import transact
from tests.harness.line import environment
from tests.harness.scenes.templates import propose
from tests.harness.services import Servers

pytestmark = pytest.mark.services

ROWS = """
INSERT INTO recipes (digest, name, body) VALUES ('r', 'old', '{"name": "old", "steps":
    [{"transform": "admit"}, {"transform": "find_text"}, {"transform": "deliver"}]}');
INSERT INTO sightings (prefix, digest) VALUES ('ingest/acme/spring', 'd');
INSERT INTO batches (vendor, upload, prefix, digest, recipe, out, images)
    SELECT 'acme', 'spring', 'ingest/acme/spring', 'digest' || n, 'r', 'file:///out', 2 FROM generate_series(1, 3) n;
UPDATE batches SET state = 'done', finished_at = now() WHERE digest = 'digest1';
INSERT INTO images (batch_id, state, name, source, bytes, recipe, file, fold, facts)
    SELECT batches.id, CASE batches.state WHEN 'done' THEN 'delivered' ELSE 'waiting' END::image_state,
           n || '.jpg', 'k', 9, 'r', n || '.jpg', n || '.jpg',
           '{"regions": [{"quad": [[1, 1], [2, 1], [2, 2], [1, 2]], "score": 0.9, "overlay": 0.8}]}'
    FROM batches, generate_series(1, 2) n;
UPDATE images SET state = 'held' WHERE name = '1.jpg' AND state = 'waiting';
INSERT INTO shards (batch_id, number, recipe, route, transforms, queues, images, megapixels, state)
    SELECT id, 1, 'r', '{0}', '{admit}', '{admit}', 2, 0.2, 'done' FROM batches;
INSERT INTO steps (image_id, batch_id, shard_id, position, transform, recipe, seed, device, node, facts, verdict,
                   reasons, readings, seconds, cost)
    SELECT images.id, images.batch_id, shards.id, 0, 'admit', 'r', 1, 'cpu', 'n', '{}', 'pass', '[]',
           '{"sharp": 1.5}', 0.1, 0 FROM images JOIN shards USING (batch_id);
INSERT INTO workers (node, host, pid, queues, device) VALUES ('n', 'h', 1, '{admit}', 'cpu');
"""


@pytest.fixture
def first_schema(servers: Servers) -> Iterator[Database]:
    """A database as the first migration leaves it, with rows in every table."""
    name = f"old_{uuid4().hex[:12]}"
    servers._sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    url = servers.url_of(name)
    config = Config()
    config.set_main_option("script_location", str(Path(records.migrations.__file__).parent))
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            for statement in filter(str.strip, ROWS.split(";\n")):
                connection.exec_driver_sql(statement)
        yield database
    finally:
        database.close()
        servers._drop(name)


def contents(database: Database, columns: dict[str, str]) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the columns given."""
    with database.engine.connect() as connection:
        return {
            table: sorted(
                (tuple(row) for row in connection.exec_driver_sql(f"SELECT {names} FROM {table}")), key=str
            )
            for table, names in columns.items()
        }


def columns_of(database: Database) -> dict[str, str]:
    inspector = sa.inspect(database.engine)
    return {
        table: ", ".join(f'"{column["name"]}"' for column in inspector.get_columns(table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_no_row_is_lost_or_changed_on_the_way_from_the_first_schema(first_schema: Database) -> None:
    columns = columns_of(first_schema)
    before = contents(first_schema, columns)
    assert all(rows for rows in before.values())
    first_schema.migrate()
    after = contents(first_schema, columns)
    for table in ("image_moves", "batch_moves"):  # the legal moves, of which a later version may know more
        assert set(before.pop(table)) <= set(after.pop(table))
    assert after == before
    assert rescans.metadata is metadata is retention_tables.forgotten_batches.metadata
    assert tokens.metadata is metadata is webhooks.metadata is step_counters.metadata
    assert set(columns_of(first_schema)) == set(metadata.tables)


def test_the_scheduler_goes_on_with_what_an_older_line_left(first_schema: Database, tmp_path: Path) -> None:
    first_schema.migrate()
    with environment({"SLUICE_DATABASE_URL": first_schema.url, "SLUICE_BUCKET_URL": tmp_path.as_uri()}):
        (finished, *_) = transact(templates.due)
        assert len(transact(templates.due)) == 3
        propose()
        assert finished.id not in [batch.id for batch in transact(templates.due)]
        assert transact(templates.listed) == []
        assert transact(lambda connection: templates.vendor_of(connection, finished.id)) == UNKNOWN_VENDOR
