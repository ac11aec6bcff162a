"""Nothing that comes by the broker, a file or a network is ever executed: JSON only."""

import ast
import base64
import json
import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from tests.harness.line import Line, photos, recipe
from tests.harness.project.packages import PRODUCT_PACKAGES
from tests.harness.services import Servers

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml"}
EXECUTING = {"eval", "exec", "compile"}
ALLOWED = {("models/weights/conversion.py", "pickle")}
"""Reads weights by an unpickler that takes numpy's arrays alone; the tests of that module hold it."""


def is_logged(log: Path, words: str) -> bool:
    return words in log.read_text()


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for package in PRODUCT_PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path, ast.parse(path.read_text("utf-8"))


def test_no_module_can_unpickle_or_execute_what_it_reads() -> None:
    imports = []
    for path, tree in trees():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").partition(".")[0]]
            imports += [(path, name) for name in names if name in FORBIDDEN]
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name) and node.func.id in EXECUTING:
                    imports.append((path, node.func.id))
                words = {word.arg: word.value for word in node.keywords if word.arg}
                for word in ("allow_pickle", "shell"):
                    given = words.get(word)
                    if given is not None and not (isinstance(given, ast.Constant) and not given.value):
                        imports.append((path, word))
    assert {(path.relative_to(ROOT).as_posix(), name) for path, name in imports} == ALLOWED


def test_weights_are_never_loaded_as_programs() -> None:
    """``torch.load`` unpickles unless it is told not to."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if (
                node.func.attr == "load"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "torch"
            ):
                words = {word.arg: word.value for word in node.keywords}
                only = words.get("weights_only")
                assert isinstance(only, ast.Constant), path
                assert only.value is True, path


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.mark.services
def test_messages_that_are_no_json_are_refused_by_a_real_worker_which_goes_on(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    mark = tmp_path / "executed"
    pickled = pickle.dumps(((1, 2), {"x": Bomb(mark)}, {}))
    yaml = f"!!python/object/apply:os.system ['touch {mark}']".encode()
    sluice.start(workers=1)
    broker = servers.broker()
    log = next((sluice.home / "logs").glob("test-*.log"))
    for kind, body, refused in (
        ("application/x-python-serialize", pickled, "untrusted content of type pickle"),
        ("application/x-yaml", yaml, "untrusted content of type yaml"),
        ("application/json", pickled, "UnicodeDecodeError"),
    ):
        broker.lpush("admit", message(kind, body))
        sluice.until(partial(is_logged, log, refused), f"{kind} is refused")
    sluice.until(lambda: not broker.llen("admit") and not broker.hlen("unacked"), "none comes back")
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 2), recipe(tmp_path / "plain.toml")))
    assert done["by_state"]["delivered"] == 2
    assert not mark.exists()


def message(kind: str, body: bytes) -> str:
    """A task message as the broker holds it."""
    tag = str(uuid4())
    headers = {
        "lang": "py",
        "task": "sluice.admit",
        "id": tag,
        "root_id": tag,
        "argsrepr": "",
        "kwargsrepr": "",
    }
    properties = {
        "correlation_id": tag,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "admit"},
        "delivery_tag": tag,
        "body_encoding": "base64",
        "priority": 0,
    }
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "binary" if kind.endswith("serialize") else "utf-8",
            "content-type": kind,
            "headers": headers,
            "properties": properties,
        }
    )
