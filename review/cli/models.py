"""``sluice models``: list the trusted models, and pull or add weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from line.errors import InputError
from models.task import Task
from review.cli import complete
from review.cli.options import json_option
from review.cli.session import Session, pass_session

if TYPE_CHECKING:
    from pydantic import ValidationError

    from models.weights import manifest
    from models.weights.download import Progress as ProgressCallback

READERS = ("spandrel", "lpips", "diffusers", "segmentation", "text_detector", "subject")
SUFFIXES = (".safetensors", ".pth", ".ckpt", ".pt", ".bin", ".onnx")


@click.group(invoke_without_command=True)
@click.option(
    "--pipelines",
    is_flag=True,
    help="List the pipelines of the Hugging Face hub that are pinned to a commit.",
)
@json_option
@click.pass_context
def models(context: click.Context, pipelines: bool, as_json: bool) -> None:
    """List the trusted models: task, licence, revision, and whether each is ready; pull and add weights.

    --json adds source, hash, memory, inputs, outputs and known weaknesses.
    """
    if context.invoked_subcommand is None:
        _show_pipelines(as_json) if pipelines else _show(context.ensure_object(Session), as_json)


def _show(session: Session, as_json: bool) -> None:
    from review.cli import console
    from review.tools import model_list

    models = session.models.models
    listed = model_list.model_lines(models)
    if as_json:
        console.as_json(listed)
        return
    columns = ("model", "task", "licence", "revision", "tried", "state")
    cells = [(*(line[column] for column in columns[:-1]), line["missing"] or "ready") for line in listed]
    console.rows("trusted models", columns, cells)
    for task in model_list.tasks_without_weights(models):
        click.echo(f"{task}: no weights in any package; sluice models add FILE --task {task} takes your own")


def _show_pipelines(as_json: bool) -> None:
    from review.cli import console
    from review.tools import model_list

    listed = model_list.pipeline_lines()
    if as_json:
        console.as_json(listed)
        return
    console.rows(
        "pipelines of the hub, by sluice models pull NAME",
        ("model", "task", "source", "revision", "licence", "GB, float16", "steps", "tried"),
        model_list.pipeline_cells(listed),
    )


sha256_option = click.option(
    "--sha256",
    default="",
    metavar="HASH",
    help="Expected SHA-256 of the file; a file with another hash is refused.",
)


@models.command()
@click.argument("name", shell_complete=complete.models)
@sha256_option
@click.option(
    "--mirror",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Copy the files from this folder instead of the network (or set SLUICE_WEIGHTS_MIRROR).",
)
@click.option("--name", "called", help="For hf://…: the model's name in recipes.")
@click.option(
    "--task", type=click.Choice([task.value for task in Task]), help="For hf://…: the model's task."
)
@pass_session
def pull(
    session: Session, name: str, sha256: str, mirror: Path | None, called: str | None, task: str | None
) -> None:
    """Download the weights of model NAME into SLUICE_HOME/weights; resumes after a break and checks the hash.

    NAME is a name from the catalogue or from ``sluice models --pipelines``, or a pipeline of the Hugging Face hub at a
    fixed revision,

    \b
      sluice models pull hf://OWNER/REPO@REVISION --name my-fill --task fill

    or one file of it, hf://OWNER/REPO@REVISION/FILE.
    """
    from models.weights import download
    from models.weights.pipelines import pipelines

    root, mirror = session.settings.weights_folder, mirror or session.settings.weights_mirror
    if (pinned := pipelines().get(name)) is not None:
        called, task, name = called or name, pinned.task, pinned.url
    is_on_hub = name.startswith("hf://")
    wanted = _of_hub(session, name, called, task) if is_on_hub else _of_catalogue(root, name)
    with _bar() as progress:
        weights = download.pull(wanted, sha256=_hash(sha256), mirror=mirror, progress=progress)
    name = weights.name
    click.echo(f"{name}: {weights.revision}, SHA-256 {weights.sha256}, in {weights.folder}")


@models.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="The model's name in recipes.")
@click.option("--task", type=click.Choice([task.value for task in Task]), help="The model's task.")
@sha256_option
@click.option(
    "--reader",
    type=click.Choice(READERS),
    help="Module that reads the file; by default as in the catalogue, or by the file's suffix and the task.",
)
@click.option("--licence", help="SPDX name of its licence.")
@click.option("--source", help="Where the file comes from.")
@click.option("--revision", help="Revision at the source.")
@click.option("--memory", type=float, help="MB of memory once loaded; by default as measured.")
@click.option("--working", type=float, help="MB of working memory per megapixel; by default as measured.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "float16", "bfloat16"]),
    help="Number format; auto: float16 on a GPU if the network supports it.",
)
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", help="Option of the reader, such as net=alex."
)
@pass_session
def add(
    session: Session,
    /,
    file: Path,
    name: str,
    task: str | None,
    sha256: str,
    precision: str | None,
    options: tuple[str, ...],
    **fields: Any,
) -> None:
    """Register FILE (or a folder of files) as model NAME: copies it into SLUICE_HOME/weights and records its hash.

    The file is tried first: a process of its own loads it, runs it on a small picture and measures its memory. What
    cannot be run is refused with the reason.

    \b
      sluice models add u2netp.onnx --name my_subject --task subject --licence Apache-2.0
    """
    from models.weights import download, manifest, trial

    sources = _files(file)
    catalogued = manifest.catalog().get(name)
    table: dict[str, Any] = {"licence": "unknown", "source": file.name, "revision": "1"}
    table["reader"] = _reader(file, task)
    if catalogued:
        table = catalogued.model_dump(exclude={"files"})
    elif task is None:
        raise InputError(f"{name} is not in the catalogue: name its task with --task")
    renamed = {"working": "memory_per_megapixel"}
    table |= {renamed.get(key, key): value for key, value in fields.items() if value is not None}
    root = session.settings.weights_folder
    table |= {"name": name, "task": task or table["task"], "root": root}
    more = {"precision": precision} if precision else {}
    table["options"] = table.get("options", {}) | more | dict(_pair(option) for option in options)
    base = file if file.is_dir() else file.parent
    trusted = catalogued.files[0].sha256 if catalogued and len(catalogued.files) == len(sources) == 1 else ""
    table["files"] = [{"path": path.relative_to(base).as_posix(), "sha256": trusted} for path in sources]
    wanted = _weights(table)
    if name in session.models.models and name not in manifest.all_weights(root):
        raise InputError(f"{name} is the name of a built-in model without weights: choose another name")
    _check(sources, _hash(sha256) or trusted)
    wanted, remark = trial.measured_weights(sources, wanted, fields)
    with _bar() as bar:
        weights = download.add(sources, wanted, sha256=_hash(sha256), progress=bar)
    click.echo(f"{name}: {weights.task}, SHA-256 {weights.sha256}, in {weights.folder}")
    click.echo(remark)


def _weights(table: dict[str, Any]) -> "manifest.Weights":
    from pydantic import ValidationError

    from models.weights import manifest

    try:
        return manifest.Weights(**table)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: "ValidationError") -> InputError:
    first = error.errors(include_url=False)[0]
    return InputError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")


def _check(sources: list[Path], expected: str) -> None:
    from models.weights import manifest

    if expected and len(sources) == 1:
        manifest.check(sources[0], expected)


def _reader(file: Path, task: str | None) -> str:
    """The reader of a file that is in no catalogue."""
    if file.suffix == ".onnx":
        readers = {Task.DETECT_TEXT: "text_detector", Task.FIND_TEXT: "segmentation", Task.SUBJECT: "subject"}
        if task is not None and task not in readers:
            raise InputError(f"ONNX files are read for {', '.join(readers)}, not for {task}")
        return readers[Task(task)] if task else "text_detector"
    return "lpips" if task == Task.PERCEPTUAL else "spandrel"


def _of_catalogue(root: Path, name: str) -> "manifest.Weights":
    from models.weights import manifest

    available = manifest.all_weights(root)
    if name not in available:
        raise InputError(f"no weights are named {name!r}; there are: {', '.join(sorted(available))}")
    return available[name]


def _of_hub(session: Session, url: str, name: str | None, task: str | None) -> "manifest.Weights":
    from pydantic import ValidationError

    from models.weights import huggingface, manifest

    if not name or not task:
        raise InputError("a model of the hub needs --name, its name in recipes, and --task, its task")
    root = session.settings.weights_folder
    if name in session.models.models and name not in manifest.registered(root):
        raise InputError(f"{name} is the name of another model: choose another")
    try:
        return huggingface.look_up(url, name, Task(task)).model_copy(update={"root": root})
    except ValidationError as error:
        raise _invalid(error) from None


def _files(file: Path) -> list[Path]:
    if file.is_dir():
        files = sorted(path for path in file.rglob("*") if path.is_file() and not path.name.startswith("."))
        if not files:
            raise InputError(f"{file} contains no file")
        return files
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
def _bar() -> "Iterator[ProgressCallback]":
    """A progress bar on standard error."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from review.cli import console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console.err, transient=True) as bar:
        shown: dict[str, Any] = {}

        def update(file: str, done: int, total: int | None) -> None:
            if file not in shown:
                shown[file] = bar.add_task(file, total=total)
            bar.update(shown[file], completed=done, total=total)

        yield update


COMMANDS = [models]
