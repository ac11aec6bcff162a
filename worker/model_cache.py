"""The models that stay loaded in a process: each is loaded once, in the child that runs tasks.

Several share a device by the memory they declare: where a new one finds no room, the least recently
used go first.
"""

import gc
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

from line.errors import ModelError
from line.settings import Settings
from models.contract import Model, ModelRegistry, Task
from worker.device import local
from worker.device_errors import empty_caches, is_out_of_memory

log = logging.getLogger(__name__)

FREE = 0.9
"""Share of a device's memory that models may take where no limit is set: its driver needs some too."""


@dataclass(slots=True)
class LoadedModel:
    """A loaded model and the memory (MB) that loading it took."""

    model: Model
    measured: float

    @property
    def memory(self) -> float:
        """MB to reckon with: as declared, or as measured where that is more."""
        return max(self.measured, self.model.memory)


@dataclass(slots=True)
class ModelCache:
    """The models of one process on one device.

    Attributes:
        registry: the models there are.
        device: ``cpu``, or ``cuda:N`` as the process was pinned to it.
        room: MB for all of them and the working memory of the most demanding; None: no limit.
        micro_batch: pictures given to a model at once.
    """

    registry: ModelRegistry
    device: str = "cpu"
    room: float | None = None
    micro_batch: int = 4
    _loaded: OrderedDict[str, LoadedModel] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, settings: Settings, registry: ModelRegistry) -> "ModelCache":
        """For this process, which must be pinned to its device."""
        room = _room(local(settings.device), settings.memory)
        return cls(registry, settings.device, room, settings.micro_batch)

    @property
    def names(self) -> list[str]:
        """Those loaded, the least recently used first."""
        return list(self._loaded)

    def get(self, name: str, task: Task, options: Mapping[str, Any] | None = None) -> Model:
        """The loaded model of that name, to be run with these options of the recipe.

        Raises:
            ModelError: unknown, made for another task, not ready, or larger than the room there is.
        """
        kind, options = self.registry.refreshed().get(name, task), options or {}
        precision = options.get("precision", "auto")
        key = name if precision == "auto" else f"{name} in {precision}"  # the one option that loading needs
        here = self._loaded.get(key)
        if here is not None and type(here.model) is kind:
            self._loaded.move_to_end(key)
            return here.model.configured(options)
        self._loaded.pop(key, None)  # its weights were replaced meanwhile
        if lack := kind.missing():
            raise ModelError(f"{name} is not ready: {lack}")
        self._make_room(kind)
        self._loaded[key] = self._load(kind, options)
        return self._loaded[key].model.configured(options)

    def measured(self, name: str) -> float:
        """MB that loading a model took."""
        return self._loaded[name].measured

    def clear(self) -> None:
        """Drop every loaded model."""
        self._loaded.clear()

    def keep_only(self, model: Model | None) -> list[str]:
        """Drop every model but this one; answers the names of those dropped."""
        dropped = [key for key, here in self._loaded.items() if type(here.model) is not type(model)]
        for key in dropped:
            del self._loaded[key]
        return dropped

    def _make_room(self, kind: type[Model]) -> None:
        if self.room is None:
            return
        if kind.memory > self.room:
            raise ModelError(
                f"{kind.name} declares {kind.memory:.0f} MB, and this worker may use {self.room:.0f} MB of "
                f"{self.device}: give it more (memory in sluice.toml) or a smaller model"
            )
        while self._loaded and self._wanted(kind) > self.room:
            name, _ = self._loaded.popitem(last=False)
            log.info("%s makes room for %s on %s", name, kind.name, self.device)
        empty_caches()

    def _wanted(self, kind: type[Model]) -> float:
        """MB with ``kind`` beside the others, the greediest of them at work on a megapixel."""
        here = self._loaded.values()
        working = max([kind.memory_per_megapixel, *(item.model.memory_per_megapixel for item in here)])
        return kind.memory + sum(item.memory for item in here) + working

    def _load(self, kind: type[Model], options: Mapping[str, Any]) -> LoadedModel:
        try:
            return self._loaded_and_warm(kind, options)
        except Exception as error:
            if not is_out_of_memory(error) or not self._loaded:
                raise
        # the others hold more than they declared, or another process is here too
        log.warning("%s found no memory: %s go", kind.name, ", ".join(self.keep_only(None)))
        empty_caches()
        return self._loaded_and_warm(kind, options)

    def _loaded_and_warm(self, kind: type[Model], options: Mapping[str, Any]) -> LoadedModel:
        before, begun = self._in_use(), time.perf_counter()
        model = kind(local(self.device), self.micro_batch).configured(options)
        model.load()
        loaded = time.perf_counter()
        model.warm_up()
        warm = time.perf_counter()
        measured = max(0.0, self._in_use() - before)
        log.info(
            "%s %s on %s: loaded in %.2f s, warm after %.2f s more, holds %.0f MB (declared: %.0f)",
            kind.name, kind.revision, self.device, loaded - begun, warm - loaded, measured, kind.memory,
        )  # fmt: skip
        return LoadedModel(model, measured)

    def _in_use(self) -> float:
        """MB taken by this process: of the device where it has one, of the machine else."""
        gc.collect()
        if local(self.device) == "cpu":
            return float(psutil.Process(os.getpid()).memory_info().rss) / 1e6
        import torch

        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        return float(torch.cuda.memory_allocated()) / 1e6


def _room(device: str, limit: int | None) -> float | None:
    """MB for models: ``limit`` bytes; without one most of a GPU, and no limit on a CPU."""
    if device == "cpu":
        return limit / 1e6 if limit else None
    import torch

    total = torch.cuda.get_device_properties(0).total_memory
    if limit:  # held to it by torch itself: another worker may be pinned to the same device
        torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total), 0)
    # the same bytes from the same bytes: no algorithm chosen by a race of timings
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    return float(limit / 1e6 if limit else FREE * total / 1e6)
