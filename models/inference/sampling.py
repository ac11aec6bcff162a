"""How a diffusion is run: everything that a recipe pins beside the weights."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Sampling(BaseModel):
    """``[steps.options]`` of a step whose model is a diffusion pipeline.

    Attributes:
        prompt: what is to be seen. In a recipe the name of one of its ``[prompts]``; text once it runs.
        avoid: what must not be seen (the negative prompt); comes with the template.
        scheduler: its class in diffusers, such as ``DDIMScheduler``; "" for the one it was saved with.
        steps: denoising steps.
        guidance: weight of the prompt (classifier-free guidance, arXiv:2207.12598); up to 1: none.
        strength: share of the noise put over what the picture showed before, 0..1; 1 starts from nothing.
        noise_level: noise put on the small picture before it is enlarged, for pipelines that take one.
        precision: dtype of the network; ``auto`` is half precision on a GPU, single on a CPU.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    prompt: str = ""
    avoid: str = ""
    scheduler: Annotated[str, Field(pattern=r"^([A-Z][A-Za-z]+Scheduler)?$")] = ""
    steps: Annotated[int, Field(ge=1, le=1000)] = 30
    guidance: Annotated[float, Field(ge=0, le=50)] = 7.5
    strength: Annotated[float, Field(gt=0, le=1)] = 1.0
    noise_level: Annotated[int, Field(ge=0, le=999)] = 20
    precision: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
