"""Servers behind a pooler, in a failover, and programs that keep dying: the line waits, says so, and goes on."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from records.queries import reports
from tests.harness import promises
from tests.harness.context import transact
from tests.harness.line import Line, line, photos, recipe
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]

IMAGES = 16


@contextmanager
def pgbouncer(folder: Path, url: str) -> Iterator[str]:
    """The database behind a PgBouncer in transaction mode that takes no startup parameters but its own."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    target = sa.make_url(url)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(mode=0o755)
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={target.host} port={target.port} user={target.username} password={target.password}\n"
        f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nauth_type=any\npool_mode=transaction\n"
        "default_pool_size=10\nmax_client_conn=200\nunix_socket_dir=\nignore_startup_parameters=extra_float_digits\n"
    )
    as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    for path in (folder, *folder.parents):
        if os.geteuid() == 0 and path.stat().st_uid == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o001)
    config.chmod(0o644)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*as_user, program, str(config)], stderr=log, stdout=log)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
        yield target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait()


def test_a_line_works_through_a_pooler_in_transaction_mode(servers: Servers, tmp_path: Path) -> None:
    with (
        line(tmp_path, servers) as direct,
        pgbouncer(tmp_path / "pool", direct.env["SLUICE_DATABASE_URL"]) as url,
    ):
        direct.start(workers=2, env={"SLUICE_DATABASE_URL": url})
        rules = recipe(tmp_path / "plain.toml", shard=2)
        batch = direct.submit(photos(tmp_path / "upload", IMAGES), rules)
        assert promises.counts(direct.wait(batch)) == {"delivered": IMAGES}
        assert "prepared statement" not in direct.logs()


def test_a_redis_that_is_read_only_for_a_while_ends_no_worker(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.1, trace=str(trace))
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    sluice.until(trace.exists, "work is under way")
    before = {name: process.pid for name, process in sluice.processes.items()}
    broker = servers.broker()
    broker.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        sluice.until(
            lambda: any("read-only" in trouble.sentence for trouble in transact(reports.troubles)),
            "status says that Redis is read-only",
        )
    finally:
        broker.execute_command("REPLICAOF", "NO", "ONE")
    assert promises.counts(sluice.wait(batch)) == {"delivered": IMAGES}
    assert {name: process.pid for name, process in sluice.processes.items() if process.alive()} == before
    sluice.until(lambda: not transact(reports.troubles), "the trouble is over")
