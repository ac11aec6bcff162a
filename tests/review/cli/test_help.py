"""The command teaches itself: help, wrong usage, completion, models and the doctor."""

import json
import subprocess
from pathlib import Path

import click
import pytest

from review.cli.main import cli
from tests.harness.command import call
from tests.harness.line import environment

VERBS = {
    "run", "up", "submit", "status", "images", "accept", "reject", "requeue", "rollback",
    "templates", "halt", "resume", "judge", "compare", "calibrate", "models", "doctor", "completion",
}  # fmt: skip


def test_every_verb_is_there() -> None:
    assert set(cli.verbs) >= VERBS


@pytest.mark.parametrize("verb", sorted(cli.verbs))
def test_a_verb_says_what_it_does_and_what_each_option_is_for(verb: str) -> None:
    answer = call(verb, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"Usage: sluice {verb} ")
    command = cli.load(verb)
    assert command.help
    assert len(command.help.splitlines()[0]) > 20
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert all(option.help for option in options if not option.is_eager)


def test_the_command_alone_teaches_the_first_steps_and_the_exit_codes() -> None:
    answer = call("--help")
    assert answer.code == 0
    assert "sluice run photos/ --out out/" in answer.out
    assert "3 the breaker halted the batch" in " ".join(answer.out.split())
    assert all(f"  {verb} " in answer.out for verb in VERBS)


def test_it_tells_its_version() -> None:
    assert call("--version").out.startswith("sluice, version ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fly",), "No such command"),
        (("run",), "Missing argument"),
        (("run", "/nowhere", "--out", "x"), "does not exist"),
        (("images", "twelve"), "not a valid integer"),
        (("accept",), "name at least one IMAGE"),
        (("judge", "-t", "erase_text", "/nowhere", "/nowhere"), "does not exist"),
        (("completion", "tcsh"), "not one of"),
        (("images", "1", "--state", "gone"), "not one of"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(words: tuple[str, ...], message: str) -> None:
    answer = call(*words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_a_wrong_setting_is_exit_code_2_and_names_the_variable() -> None:
    with environment({"SLUICE_LEASE_SECONDS": "soon"}):
        answer = call("status")
    assert answer.code == 2
    assert "SLUICE_LEASE_SECONDS" in answer.err


def test_a_wrong_recipe_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.mkdir()
    (upload / "a.jpg").write_bytes(b"x")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        'name = "wrong"\n[[steps]]\ntransform = "admit"\nmin_sied = 3\n[[steps]]\ntransform = "deliver"\n'
    )
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        answer = call("run", upload, "--out", tmp_path / "out", "--recipe", wrong)
    assert answer.code == 2
    assert f"{wrong}:4: steps[0].min_sied" in answer.err
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "out").exists()


def test_nothing_can_be_submitted_to_a_line_that_is_not_up(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        answer = call("submit", tmp_path)
    assert answer.code == 1
    assert "start one with `sluice up`" in answer.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_knows_the_command(shell: str) -> None:
    answer = call("completion", shell)
    assert answer.code == 0
    assert "_SLUICE_COMPLETE" in answer.out


def test_the_bash_completion_script_is_bash(tmp_path: Path) -> None:
    script = tmp_path / "complete.sh"
    script.write_text(call("completion", "bash").out)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_models_are_told_with_licence_revision_and_readiness() -> None:
    answer = call("models", "--json")
    by_name = {model["model"]: model for model in json.loads(answer.out)}
    assert (answer.code, answer.err) == (0, "")
    assert (
        by_name["overlay_network"] | {"task": "find_text", "ready": True, "missing": ""}
        == by_name["overlay_network"]
    )
    for model in by_name.values():
        assert model["licence"]
        assert model["revision"]
        assert model["source"]
        assert model["ready"] == (model["missing"] == "")
    assert "overlay_network" in call("models").out


def test_the_doctor_finds_a_line_that_can_run(tmp_path: Path) -> None:
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        answer = call("doctor", "--json")
        shown = call("doctor")
    findings = {finding["what"]: finding for finding in json.loads(answer.out)}
    assert {"Python", "state folder", "Postgres", "Redis", "bucket"} <= set(findings)
    assert all(finding["good"] for finding in findings.values() if finding["needed"])
    assert answer.code == shown.code == 0
    assert "what to do" in shown.out


def test_the_doctor_says_what_is_missing_and_how_to_mend_it(tmp_path: Path) -> None:
    away = {
        "SLUICE_HOME": str(tmp_path),
        "SLUICE_DATABASE_URL": "postgresql+psycopg://nobody:s3cret@127.0.0.1:9/x",
        "SLUICE_BROKER_URL": "redis://:s3cret@127.0.0.1:9/0",
        "SLUICE_BUCKET_URL": "ftp://somewhere",
    }
    with environment(away):
        answer = call("doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(answer.out)}
    assert answer.code == 1
    for what in ("Postgres", "Redis", "bucket"):
        assert not findings[what]["good"]
        assert findings[what]["mend"]
    assert "s3cret" not in answer.out + answer.err
