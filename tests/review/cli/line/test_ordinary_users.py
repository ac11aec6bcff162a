"""``sluice run`` by users that are not root: an ordinary one, and one without a name."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.harness import promises
from tests.harness.command import Answer, living
from tests.harness.line import PLUGINS, photos, recipe
from tests.harness.services import Servers
from tests.harness.system.users import (
    NAMELESS,
    NOBODY,
    command_of,
    environment_of,
    folder_of,
    give,
    needs_root,
)

pytestmark = [pytest.mark.services, pytest.mark.faults, needs_root]

PLUGIN = {"SLUICE_PLUGINS": '["sabotage"]', "PYTHONPATH": str(PLUGINS)}


def run_as(uid: int, home: Path, *words: object, env: Mapping[str, str] | None = None) -> Answer:
    done = subprocess.run(
        command_of(uid, *words),
        env=environment_of(home, env),
        cwd=home,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def nobody() -> Iterator[Path]:
    with folder_of(NOBODY) as home:
        yield home


@pytest.fixture
def nameless() -> Iterator[Path]:
    with folder_of(NAMELESS) as home:
        yield home


def test_an_ordinary_user_gets_all_but_what_may_not_be_read(nobody: Path) -> None:
    upload = photos(nobody / "upload", 3)
    photos(upload / "closed", 1, start=3)
    photos(upload / "open", 2, start=4)
    rules = recipe(nobody / "plain.toml", shard=4)
    give(nobody, NOBODY)
    (upload / "closed").chmod(0o000)
    (upload / "open" / "photo0005.jpg").chmod(0o000)
    answer = run_as(
        NOBODY, nobody, "run", upload, "--out", nobody / "out", "--recipe", rules, "--json", env=PLUGIN
    )
    assert answer.code == 0, answer.err
    assert "Traceback" not in answer.err
    assert "2 files could not be read: " in answer.err
    assert promises.counts(json.loads(answer.out)) == {"delivered": 4, "rejected": 2}
    lines = promises.manifest(nobody / "out")
    unread = {name: line["reason"] for name, line in lines.items() if line["state"] == "rejected"}
    assert unread == {"closed": "unreadable", "open/photo0005.jpg": "unreadable"}
    assert living(nobody) == []


def test_a_delivery_folder_that_the_user_may_not_write_to_is_refused_before_anything_starts(
    nobody: Path,
) -> None:
    upload = photos(nobody / "upload", 1)
    give(nobody, NOBODY)
    (nobody / "out").mkdir()
    answer = run_as(NOBODY, nobody, "run", upload, "--out", nobody / "out")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert "cannot be written to: Permission denied; give the user that runs the line the right" in answer.err
    assert not (nobody / "state").exists()


def test_a_user_without_a_name_is_told_what_embedded_records_need(nameless: Path) -> None:
    upload = photos(nameless / "upload", 1)
    give(nameless, NAMELESS)
    answer = run_as(NAMELESS, nameless, "run", upload, "--out", nameless / "out")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert f"sluice: user {NAMELESS} has no entry in /etc/passwd" in answer.err
    assert "add the entry, preload nss_wrapper, or use outside servers" in answer.err
    assert living(nameless) == []


def test_a_user_without_a_name_works_with_outside_servers(nameless: Path, servers: Servers) -> None:
    upload = photos(nameless / "upload", 3)
    rules = recipe(nameless / "plain.toml", shard=4)
    give(nameless, NAMELESS)
    servers.broker().flushall()
    with servers.database() as url:
        outside = {"SLUICE_DATABASE_URL": url, "SLUICE_BROKER_URL": servers.broker_url} | PLUGIN
        words = ("run", upload, "--out", nameless / "out", "--recipe", rules, "--json")
        answer = run_as(NAMELESS, nameless, *words, env=outside)
        assert answer.code == 0, answer.err
        assert promises.counts(json.loads(answer.out)) == {"delivered": 3}
        delivered = json.loads(
            run_as(NAMELESS, nameless, "images", 1, "--json", env=outside).out.splitlines()[0]
        )
        rejected = run_as(NAMELESS, nameless, "reject", delivered["id"], env=outside)
        assert (rejected.code, rejected.err) == (0, "")
    assert living(nameless) == []


def test_a_user_without_a_name_and_a_home_is_asked_for_a_state_folder(nameless: Path) -> None:
    upload = photos(nameless / "upload", 1)
    give(nameless, NAMELESS)
    env = environment_of(nameless)
    del env["HOME"], env["SLUICE_HOME"]
    done = subprocess.run(
        command_of(NAMELESS, "run", upload, "--out", nameless / "out"),
        env=env,
        cwd=nameless,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "SLUICE_HOME: ~/.sluice cannot be found, because this user has no home folder" in done.stderr
    assert "Traceback" not in done.stderr
