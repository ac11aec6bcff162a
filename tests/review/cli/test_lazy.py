"""The command answers at once: nothing heavy is imported before a verb does its work."""

import importlib
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from line.recipe import shipped
from line.trouble import TroubleKind
from models.contract import build as build_models
from records import templates, troubles
from records.templates import Proposal
from review.cli import complete
from review.cli.main import cli
from review.cli.verbs import VERBS
from tasks.registry import build
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.line import Line, environment
from tests.harness.project.packages import PRODUCT_PACKAGES

ROOT = Path(__file__).resolve().parents[3]

ALLOWED = {
    "line", "line.errors", "line.states", "models", "models.task", "review", "review.cli", "review.cli.complete",
    "review.cli.completion", "review.cli.lazy", "review.cli.main", "review.cli.models", "review.cli.options",
    "review.cli.person", "review.cli.session", "review.cli.verbs",
}  # fmt: skip
"""Our own modules that may be imported before a verb does its work; beside them the modules of the verbs."""

FOREIGN = {"click"}
"""Packages of others that may be."""

STATUS = FOREIGN | {
    "annotated_types", "dotenv", "psycopg", "psycopg_binary", "pydantic", "pydantic_core", "pydantic_settings",
    "rich", "typing_extensions", "typing_inspection",
}  # fmt: skip
"""Those that ``sluice status`` may import: no SQLAlchemy, no numpy, no OpenCV, no Celery, no redis."""


def imported(code: str, **env: str) -> set[str]:
    """Modules that a fresh interpreter has imported after ``code``."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **env},
    )  # fmt: skip
    return set(json.loads(done.stdout.splitlines()[-1]))


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in PRODUCT_PACKAGES}


def foreign(modules: set[str]) -> set[str]:
    """Installed packages among these modules."""
    packages = {name.partition(".")[0] for name in modules} - {*PRODUCT_PACKAGES, *sys.stdlib_module_names}
    return {name for name in packages if name != "cython_runtime" and not name.startswith("_")}


def test_the_command_itself_imports_click_and_little_else() -> None:
    modules = imported("import review.cli.main")
    assert ours(modules) <= ALLOWED
    assert foreign(modules) <= FOREIGN


def test_what_the_tab_key_imports_behind_any_verb_is_as_little() -> None:
    names = ", ".join(sorted({verb.module for verb in VERBS.values()}))
    modules = imported(f"import review.cli.main, {names}")
    packages = {verb.module.rpartition(".")[0] for verb in VERBS.values()}
    assert ours(modules) <= ALLOWED | packages | {verb.module for verb in VERBS.values()}
    assert foreign(modules) <= FOREIGN


def test_what_status_imports_for_a_line_that_is_up_is_the_driver_and_the_tables() -> None:
    modules = imported(
        "import review.cli.main, review.cli.line.inspect, review.cli.line.overview, review.cli.console"
        "\nimport records.queries.reports, stack.connection, psycopg"
    )
    assert foreign(modules) <= FOREIGN | {"psycopg", "psycopg_binary", "rich", "typing_extensions"}


@pytest.mark.services
def test_status_imports_the_driver_and_no_more(records: Line) -> None:
    url = records.env["SLUICE_DATABASE_URL"]
    code = "import contextlib, io\nfrom review.cli.main import cli\n"
    code += "with contextlib.redirect_stdout(io.StringIO()): cli.main(['status', '--json'], standalone_mode=False)"
    modules = imported(code, SLUICE_DATABASE_URL=url)
    assert "psycopg" in modules
    assert foreign(modules) <= STATUS


def test_a_checked_recipe_has_imported_no_library_that_only_photos_with_a_mask_need() -> None:
    """Every worker, and each `sluice run`, checks a recipe before its first photo."""
    code = "from line.settings import load_settings\nfrom tasks.context import Context\n"
    modules = imported(f"{code}Context(load_settings()).recipe('catalog')")
    assert "gates.metrics.fill.copies" in modules
    assert not foreign(modules) & {"scipy", "torch", "onnxruntime", "celery", "skimage"}


def test_the_table_of_verbs_holds_every_command_and_its_first_sentence() -> None:
    verbs = {}
    for path in sorted((ROOT / "review" / "cli").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for command in getattr(importlib.import_module(name), "COMMANDS", ()):
            verbs[command.name] = (name, command.get_short_help_str(200))
    assert {name: (verb.module, verb.summary) for name, verb in VERBS.items()} == verbs


def offered(*words: str) -> list[str]:
    """What the TAB key offers for the last of ``words``."""
    shell = ShellComplete(cli, {}, "sluice", "_SLUICE_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.fixture
def no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path))
    monkeypatch.delenv("SLUICE_DATABASE_URL", raising=False)


@pytest.mark.usefixtures("no_line")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), sorted(VERBS)),
        (("re",), ["reject", "report", "reproduce", "requeue", "resume"]),
        (("run", "photos", "--recipe", ""), list(shipped())),
        (("rollback", "1", "--to", "erase"), ["erase_text"]),
        (("match", "back"), ["back_projection"]),
        (("permute", "photos", "--models", "telea,lan"), ["telea,lanczos"]),
        (("judge", "--transform", "up"), ["upscale"]),
        (("status", "1"), []),
        (("accept", ""), []),
    ],
)
def test_the_tab_key_offers(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_the_tab_key_knows_every_model(tmp_path: Path) -> None:
    context = click.Context(cli)
    completed = {item.value for item in complete.models(context, cli.params[0], "")}
    models = build_models(tmp_path).models  # without weights that other tests added
    of_the_project = {name for name, model in models.items() if model.__module__.startswith("models.")}
    assert completed == of_the_project
    assert set(complete.BUILT_IN_MODELS) <= set(models)


def test_the_tab_key_knows_every_transform() -> None:
    context = click.Context(cli)
    completed = {item.value for item in complete.steps(context, cli.params[0], "")}
    assert completed == set(build().transforms)


def test_the_tab_key_has_something_for_every_parameter_that_names_a_thing() -> None:
    """Whatever is named like a thing of the line is completed, in every command alike."""
    things = {
        "batch", "flagged", "image", "images", "model", "models", "numbers", "recipe", "step", "template", "transform",
        "vendor",
    }  # fmt: skip
    silent = [
        f"{name} {parameter.name}"
        for name in VERBS
        for parameter in cli.load(name).params
        if parameter.name in things and parameter._custom_shell_complete is None
    ]
    assert silent == []


@pytest.mark.services
def test_the_tab_key_offers_what_is_in_the_records(records: Line, tmp_path: Path) -> None:
    batch = db_builders.batch(2)
    image, _ = (row.id for row in db_builders.rows(batch))
    taken = db_builders.claim(db_builders.shard(batch))
    db_builders.finish(taken, db_builders.results(taken, bad=[image]))
    config = tmp_path / "sluice.toml"
    config.write_text('[vendors.zenith]\nwatermark_rights = "yes"\n')
    with environment({"SLUICE_CONFIG": str(config)}):
        assert offered("status", str(batch)) == [str(batch)]
        assert str(image) in offered("accept", str(image)[:1])
        assert offered("status", "7%") == []
        assert offered("run", "x", "--vendor", "zen") == ["zenith"]
        assert "acme" in offered("run", "x", "--vendor", "ac")
    proposal = Proposal((0.1, 0.1, 0.3, 0.2), 3, 9, 0.9, None, None, ())
    template = transact(partial(templates.propose, vendor="acme", proposal=proposal))
    assert offered("requeue", "--template", "") == [str(template)]
    assert str(template) in offered("templates", "confirm", "")
    report = partial(
        troubles.report, kind=TroubleKind.INGEST, subject="ingest/acme/bad.zip", sentence="no zip"
    )
    transact(report)
    assert offered("dismiss", "")
