import hashlib
from pathlib import Path

from worker.provenance import made_with


def test_what_a_step_itself_has_trained_is_told_by_its_bytes(tmp_path: Path) -> None:
    trees = tmp_path / "trees.json"
    trees.write_text("{}")
    assert made_with(None, {}, (trees,))["trained"] == {"trees.json": hashlib.sha256(b"{}").hexdigest()}


def test_a_step_without_a_model_tells_neither_weights_nor_options() -> None:
    assert set(made_with(None, {})) == {"hardware", "threads", "libraries"}
