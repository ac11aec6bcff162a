"""``sluice.toml``: which worker processes run on this machine, on which device and queues."""

import codecs
import math
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from line.errors import SettingsError
from worker.queues import Queue

FILE = Path("sluice.toml")
"""Read from the current folder where no other is named."""

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
"""A container's share of the cores: microseconds of work, per so many of time (cgroup v2)."""

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _bytes(value: object) -> object:
    """``"8GB"`` (10⁹) or ``"8GiB"`` (2³⁰) as a number of bytes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?i?B)?\s*", value, re.IGNORECASE)
    if not match:
        raise ValueError("write a size such as 8GB, 512MB or 6GiB")
    return int(float(match[1]) * UNITS[(match[2] or "").upper()])


Bytes: TypeAlias = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
Device: TypeAlias = Annotated[str, Field(pattern=r"^(cpu|cuda:\d+)$")]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkerGroup(_Table):
    """``[workers.NAME]``: processes alike, each with one task at a time.

    Attributes:
        queues: what they work on; ``queue`` in the file is short for one.
        device: ``cpu``, or ``cuda:N`` with N as ``nvidia-smi`` counts.
        memory: bytes that one process may use of its device (of the machine, on a CPU); None: no limit.
        processes: how many; 0 is as many as there are cores on a CPU. On a GPU it is always one.
    """

    queues: tuple[Queue, ...] = Field(min_length=1)
    device: Device = "cpu"
    memory: Bytes | None = None
    processes: int = Field(0, ge=0, le=512)

    @model_validator(mode="before")
    @classmethod
    def _one_queue(cls, table: Any) -> Any:
        if isinstance(table, dict) and "queue" in table:
            if "queues" in table:
                raise ValueError("give queue or queues, not both")
            table = {key: value for key, value in table.items() if key != "queue"} | {
                "queues": [table["queue"]]
            }
        return table

    @model_validator(mode="after")
    def _one_on_a_gpu(self) -> Self:
        if self.on_gpu and self.processes > 1:
            raise ValueError(
                "processes must be 1 on a GPU: two would share its memory unseen; name a second group"
            )
        return self

    @property
    def on_gpu(self) -> bool:
        return self.device != "cpu"

    @property
    def count(self) -> int:
        """How many processes to start on this machine."""
        return 1 if self.on_gpu else self.processes or cores()


class Vendor(_Table):
    """``[vendors.NAME]``: what is agreed with one vendor.

    Attributes:
        watermark_rights: the vendor's statement that it may have the watermarks on its photos removed:
            who said so, when and where it is kept. Recorded with each batch when its upload is taken.
            Without it a watermark goes to a person.
        quiet_seconds: an upload without ``_READY`` is complete after so long without a change; None: as the
            setting of that name says.
        encoding: of file names that are no UTF-8, such as ``cp932`` or ``gbk``; guessed where None.
        budget_per_month: in place of ``per_vendor`` of ``[budget]``.
    """

    watermark_rights: str | None = Field(None, min_length=1)
    quiet_seconds: float | None = Field(None, ge=0)
    encoding: str | None = None
    budget_per_month: float | None = Field(None, gt=0)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError(f"{value} is no encoding that is known; such as cp932, gbk or latin-1") from None


class Budget(_Table):
    """``[budget]``: what may be spent, in the currency of ``[costs]``; None: no limit.

    Attributes:
        per_batch: for each batch.
        per_vendor: for each vendor in a month (UTC).
        per_month: for everything in a month (UTC).
    """

    per_batch: float | None = Field(None, gt=0)
    per_vendor: float | None = Field(None, gt=0)
    per_month: float | None = Field(None, gt=0)


class Topology(_Table):
    """The whole file.

    Attributes:
        workers: groups by name.
        costs: per hour by device (``cpu``, ``cuda``, or ``cuda:0`` for one of them), in any currency.
        budget: what may be spent.
        vendors: by name, which is the first folder of an upload.
    """

    workers: dict[Name, WorkerGroup] = Field(
        default_factory=lambda: {"cpu": WorkerGroup(queues=tuple(Queue))}
    )
    costs: dict[Annotated[str, Field(pattern=r"^(cpu|cuda(:\d+)?)$")], Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict
    )
    budget: Budget = Budget()
    vendors: dict[str, Vendor] = Field(default_factory=dict)

    def price(self, device: str) -> float | None:
        """Cost of one second on a device; None where ``[costs]`` names neither the device nor its kind."""
        per_hour = self.costs.get(device, self.costs.get(device.partition(":")[0]))
        return None if per_hour is None else per_hour / 3600

    def vendor(self, name: str) -> Vendor:
        """What is agreed with a vendor; the defaults for one that the file does not name."""
        return self.vendors.get(name, Vendor())


def cores() -> int:
    """Cores this process may use: its pinned set and its container's share, not what the board has."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_MAX.read_text().split()
        return max(1, min(pinned, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup v2 here, or "max": no limit
        return pinned


def load(path: Path | None = None) -> Topology:
    """The topology in a file; in ``./sluice.toml`` where none is named; the default where there is none.

    Raises:
        SettingsError: the file cannot be read or holds something unusable; names file and key.
    """
    if path is None and not FILE.exists():
        return Topology()
    path = path or FILE
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    try:
        return Topology.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise SettingsError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
