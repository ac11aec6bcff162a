"""``sluice models``: what is trusted, what is ready, and getting the weights of what is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from models.task import Task
from review.cli import complete
from review.cli.options import json_option

if TYPE_CHECKING:
    from models.weights import manifest
    from models.weights.download import Progress as Told

READERS = ("spandrel", "lpips", "diffusers", "segmentation")
SUFFIXES = (".safetensors", ".pth", ".ckpt", ".pt", ".bin", ".onnx")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """The trusted models: task, licence, revision, ready or what is missing; pull and add weights.

    With --json also source, hash, memory, inputs, outputs and known failings.
    """
    if context.invoked_subcommand is None:
        _show(as_json)


def _show(as_json: bool) -> None:
    from models.contract import registry
    from review.cli import console

    found = []
    for name, model in sorted(registry().models.items(), key=lambda item: (item[1].task, item[0])):
        lack = model.missing()
        found.append(
            {
                "model": name,
                "task": model.task.value,
                "licence": model.licence,
                "revision": model.revision,
                "source": model.source,
                "sha256": model.sha256,
                "memory": round(model.memory, 1),
                "memory_per_megapixel": model.memory_per_megapixel,
                "deterministic": model.deterministic,
                "tolerance": model.tolerance,
                "inputs": [str(field) for field in model.inputs],
                "outputs": [str(field) for field in model.outputs],
                "fails": list(model.fails),
                "ready": lack is None,
                "missing": lack or "",
            }
        )
    if as_json:
        console.as_json(found)
        return
    cells = [
        (line["model"], line["task"], line["licence"], line["revision"], line["missing"] or "ready")
        for line in found
    ]
    console.rows("trusted models", ("model", "task", "licence", "revision", "state"), cells)


sha256_option = click.option(
    "--sha256", default="", metavar="HASH", help="The file's SHA-256; it is refused if it has another."
)


@models.command()
@click.argument("name", shell_complete=complete.models)
@sha256_option
@click.option(
    "--mirror",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the files from this folder, without any network (or set SLUICE_WEIGHTS_MIRROR).",
)
@click.option("--name", "called", help="With hf://…: what recipes will call it.")
@click.option("--task", type=click.Choice([task.value for task in Task]), help="With hf://…: what it does.")
def pull(name: str, sha256: str, mirror: Path | None, called: str | None, task: str | None) -> None:
    """Get the weights of model NAME into SLUICE_HOME/weights: goes on where it broke off, checks the hash.

    NAME is one of the catalogue, or a model of the hub and its revision: a pipeline,

    \b
      sluice models pull hf://OWNER/REPO@REVISION --name my-fill --task fill

    or one file of it, hf://OWNER/REPO@REVISION/FILE.
    """
    from models.weights import download

    wanted = _of_hub(name, called, task) if name.startswith("hf://") else _of_catalogue(name)
    with _bar() as told:
        found = download.pull(wanted, sha256=_hash(sha256), mirror=mirror, progress=told)
    name = found.name
    click.echo(f"{name}: {found.revision}, SHA-256 {found.sha256}, in {found.folder}")


@models.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="What recipes will call it.")
@click.option("--task", type=click.Choice([task.value for task in Task]), help="What it does.")
@sha256_option
@click.option(
    "--reader", type=click.Choice(READERS), help="What reads it; by default spandrel, or as catalogued."
)
@click.option("--licence", help="Its SPDX name.")
@click.option("--source", help="Where it comes from.")
@click.option("--revision", help="Its revision there.")
@click.option("--memory", type=float, help="MB it holds once loaded; by default as much as its files.")
@click.option("--working", type=float, help="MB of working memory for a megapixel.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "float16", "bfloat16"]),
    help="Of its numbers; auto: float16 on a GPU where the network bears it.",
)
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="For the reader; e.g. net=alex."
)
def add(
    file: Path,
    name: str,
    task: str | None,
    sha256: str,
    precision: str | None,
    options: tuple[str, ...],
    **told: Any,
) -> None:
    """Register FILE (or a folder of files) as model NAME: copied into SLUICE_HOME/weights, hash written down."""
    from pydantic import ValidationError

    from models.contract import model_of, registry
    from models.weights import download, manifest

    sources = _files(file)
    catalogued = manifest.catalog().get(name)
    table: dict[str, Any] = {"reader": "spandrel", "licence": "unknown", "source": file.name, "revision": "1"}
    if catalogued:
        table = catalogued.model_dump(exclude={"files"})
    elif task is None:
        raise InputError(f"{name} is not in the catalogue: say with --task what it does")
    renamed = {"working": "memory_per_megapixel"}
    table |= {renamed.get(key, key): value for key, value in told.items() if value is not None}
    table |= {"name": name, "task": task or table["task"]}
    more = {"precision": precision} if precision else {}
    table["options"] = table.get("options", {}) | more | dict(_pair(option) for option in options)
    base = file if file.is_dir() else file.parent
    trusted = catalogued.files[0].sha256 if catalogued and len(catalogued.files) == len(sources) == 1 else ""
    table["files"] = [{"path": path.relative_to(base).as_posix(), "sha256": trusted} for path in sources]
    try:
        wanted = manifest.Weights(**table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    if name in registry().models and name not in manifest.all_weights():
        raise InputError(f"{name} is a model that needs no weights: choose another name")
    model_of(wanted)  # refuses what no reader can take
    with _bar() as bar:
        found = download.add(sources, wanted, sha256=_hash(sha256), progress=bar)
    click.echo(f"{name}: {found.task}, SHA-256 {found.sha256}, in {found.folder}")


def _of_catalogue(name: str) -> "manifest.Weights":
    from models.weights import manifest

    known = manifest.all_weights()
    if name not in known:
        raise InputError(f"no weights are named {name!r}; there are: {', '.join(sorted(known))}")
    return known[name]


def _of_hub(url: str, name: str | None, task: str | None) -> "manifest.Weights":
    from pydantic import ValidationError

    from models.contract import registry
    from models.weights import huggingface, manifest

    if not name or not task:
        raise InputError(
            "of the hub's models say --name, what recipes will call it, and --task, what it does"
        )
    if name in registry().models and name not in manifest.registered():
        raise InputError(f"{name} is the name of another model: choose another")
    try:
        return huggingface.look_up(url, name, Task(task))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def _files(file: Path) -> list[Path]:
    if file.is_dir():
        found = sorted(path for path in file.rglob("*") if path.is_file() and not path.name.startswith("."))
        if not found:
            raise InputError(f"{file} holds no file")
        return found
    if file.suffix not in SUFFIXES:
        raise InputError(f"{file.name}: weights end in {', '.join(SUFFIXES)}")
    return [file]


def _hash(text: str) -> str:
    text = text.strip().lower()
    if text and (len(text) != 64 or set(text) - set("0123456789abcdef")):
        raise InputError("--sha256 takes the 64 digits that sha256sum prints")
    return text


def _pair(option: str) -> tuple[str, str]:
    key, equals, value = option.partition("=")
    if not equals or not key:
        raise InputError(f"--option {option}: write KEY=VALUE")
    return key, value


@contextmanager
def _bar() -> "Iterator[Told]":
    """A progress bar on standard error."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from review.cli import console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console.err, transient=True) as bar:
        shown: dict[str, Any] = {}

        def told(file: str, there: int, total: int | None) -> None:
            if file not in shown:
                shown[file] = bar.add_task(file, total=total)
            bar.update(shown[file], completed=there, total=total)

        yield told


COMMANDS = [models]
