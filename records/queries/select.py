"""Queries in plain SQL, by a connection of SQLAlchemy or by one of psycopg alone."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy as sa

Connection: TypeAlias = "sa.Connection | psycopg.Connection[Any]"


def select(connection: Any, query: str, **parameters: Any) -> list[Any]:
    """Rows whose columns are attributes; parameters are written ``%(name)s``."""
    if hasattr(connection, "exec_driver_sql"):
        return list(connection.exec_driver_sql(query, parameters))
    from psycopg.rows import namedtuple_row

    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return list(cursor.execute(query, parameters))
