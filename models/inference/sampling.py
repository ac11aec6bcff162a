"""Options of a diffusion pipeline that a recipe pins besides the weights."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Sampling(BaseModel):
    """``[steps.options]`` of a step whose model is a diffusion pipeline.

    Attributes:
        prompt: the prompt. In a recipe, the name of one of its ``[prompts]``; the text when the step runs.
        avoid: the negative prompt; it comes with the prompt's template.
        scheduler: class name in diffusers, such as ``DDIMScheduler``; "" for the saved scheduler.
        steps: number of denoising steps.
        guidance: weight of the prompt (classifier-free guidance, arXiv:2207.12598); values up to 1 disable it.
        strength: share of noise added to the input picture, 0..1; 1 ignores the input.
        noise_level: noise added to the small picture before enlargement, for pipelines with that parameter.
        precision: dtype of the network; ``auto`` is float16 on a GPU, float32 on a CPU.
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
