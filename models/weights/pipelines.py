"""Diffusers pipelines that people load, each pinned to one commit of the Hugging Face hub."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.task import Task

PIPELINES = Path(__file__).with_name("pipelines.toml")


class HubPipeline(BaseModel):
    """One pipeline.

    Attributes:
        pipeline: its class in diffusers.
        repository: OWNER/REPO on the hub.
        revision: commit.
        parameters: number of parameters in all parts (billions).
        steps, scheduler: of the model's card.
        tried: what has been run with Sluice.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task
    pipeline: str
    repository: Annotated[str, Field(pattern=r"^[^/@]+/[^/@]+$")]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    licence: str
    parameters: Annotated[float, Field(gt=0)]
    steps: Annotated[int, Field(ge=1)]
    scheduler: str
    tried: str

    @property
    def url(self) -> str:
        """The address that ``sluice models pull`` takes."""
        return f"hf://{self.repository}@{self.revision}"

    @property
    def memory(self) -> tuple[float, float]:
        """Memory of the weights in float16 and in float32 (GB)."""
        return 2 * self.parameters, 4 * self.parameters


@cache
def pipelines() -> dict[str, HubPipeline]:
    """The pipelines by name."""
    tables = tomllib.loads(PIPELINES.read_text("utf-8"))
    return {name: HubPipeline(**table) for name, table in tables.items()}
