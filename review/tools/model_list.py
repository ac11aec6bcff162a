"""The catalogue as ``sluice models`` lists it."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.contract import Model
from models.task import Task
from models.weights.manifest import catalog
from models.weights.pipelines import pipelines


def model_lines(models: Mapping[str, type[Model]]) -> list[dict[str, Any]]:
    """What each model declares, and whether it is ready, by task and name."""
    listed = []
    for name, model in sorted(models.items(), key=lambda item: (item[1].task, item[0])):
        lack = model.missing()
        weights = catalog().get(name) or getattr(
            model, "weights", None
        )  # pulled before it was tried, perhaps
        listed.append(
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
                "tried": getattr(weights, "tried", ""),
                "ready": lack is None,
                "missing": lack or "",
            }
        )
    return listed


def pipeline_lines() -> list[dict[str, Any]]:
    """The pinned pipelines of the hub, by task and name."""
    return [
        {
            "model": name,
            "task": entry.task.value,
            "pipeline": entry.pipeline,
            "licence": entry.licence,
            "revision": entry.revision,
            "source": entry.repository,
            "memory_float16": round(entry.memory[0], 1),
            "memory_float32": round(entry.memory[1], 1),
            "steps": entry.steps,
            "scheduler": entry.scheduler,
            "tried": entry.tried,
        }
        for name, entry in sorted(pipelines().items(), key=lambda item: (item[1].task, item[0]))
    ]


def pipeline_cells(listed: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The cells of :func:`pipeline_lines` as a table."""
    return [
        (
            *(line[column] for column in ("model", "task", "source")),
            line["revision"][:12],
            line["licence"],
            f"{line['memory_float16']:g}",
            str(line["steps"]),
            line["tried"],
        )
        for line in listed
    ]


def tasks_without_weights(models: Mapping[str, type[Model]]) -> list[str]:
    """Tasks of recipes for which no model is listed, because no weights can be had from a package."""
    return sorted(set(Task) - {model.task for model in models.values()})
