"""Diffusion pipelines from a folder saved by diffusers: inpainting, enlargement, generation.

https://github.com/huggingface/diffusers; latent diffusion: Rombach et al., CVPR 2022, arXiv:2112.10752.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from line.errors import ModelError
from line.picture import Mask, Rgb
from models.contract import Enlargement, Filler, Generator, Model, Task, Upscaler
from models.inference.crop import filled_by
from models.inference.network import Floats, Network, floats, levels, model_from, resized, suppressed_warnings
from models.inference.padding import Sizes, padded
from models.inference.sampling import Sampling
from models.weights.manifest import Weights

SIDE = 512
"""Longer side at which a pipeline works (pixels), unless ``options.side`` of the weights sets the training size."""


class Pipeline(Network):
    """Base class: loads the folder and calls the pipeline with the recipe's options. It never executes a file.

    Weights are read from ``.safetensors`` only. The noise is drawn on the CPU from the picture's seed, so it is equal
    on every device. Results are equal for one device kind and thread count.

    Attributes:
        auto: name of the diffusers class that loads the folder.
    """

    needs = ("torch", "diffusers", "transformers")
    draws = True
    tolerance = 32.0  # invented content depends on the tile and the micro-batch
    auto: str = ""
    options_schema = Sampling
    options: Sampling

    def build(self, files: list[Path]) -> None:
        folder = _folder(self.weights, files)
        import diffusers
        import torch
        import transformers

        diffusers.utils.logging.disable_progress_bar()
        transformers.utils.logging.disable_progress_bar()
        self.dtype = (
            self.options.precision
            if self.options.precision != "auto"
            else self.precision(half=True, brain=True)
        )
        loader = getattr(diffusers, self.auto)
        network: Any = loader.from_pretrained(
            folder, torch_dtype=getattr(torch, self.dtype), local_files_only=True, use_safetensors=True
        )
        network.set_progress_bar_config(disable=True)
        self.network = network.to(self.device)
        self.saved_scheduler = network.scheduler
        factor = 2 ** (len(network.vae.config.block_out_channels) - 1)
        self.sizes = Sizes(minimum=8 * factor, multiple_of=8 * factor)

    @property
    def side(self) -> int:
        return int(self.weights.options.get("side", SIDE))

    def forward(self, batch: Any) -> Any:
        raise NotImplementedError("a pipeline takes prompts and pictures: see call()")

    def call(self, seed: int, **arguments: Any) -> Floats:
        """The first picture from the pipeline, [H, W, 3] float32, 0..1.

        Args:
            seed: seed of the noise.
            **arguments: further arguments of the pipeline.

        Raises:
            ModelError: the recipe's scheduler does not exist, the pipeline's safety checker refused the result, or
                the result contains NaN or infinity.
        """
        import torch

        self.network.scheduler = self._scheduler()
        with suppressed_warnings():
            result = self.network(
                prompt=self.options.prompt,
                negative_prompt=self.options.avoid or None,
                num_inference_steps=self.options.steps,
                guidance_scale=self.options.guidance,
                generator=torch.Generator("cpu").manual_seed(seed % 2**63),
                output_type="np",
                **arguments,
            )
        if any(getattr(result, "nsfw_content_detected", None) or ()):
            raise ModelError(f"{self.name}: the pipeline's safety checker refused the result")
        picture: Floats = np.asarray(result.images[0], np.float32)
        if not np.isfinite(picture).all():
            raise ModelError(
                f'{self.name} overflows in {self.dtype}: set precision = "float32" in the recipe'
            )
        return picture

    def _scheduler(self) -> Any:
        """A new scheduler for each call, because schedulers count their steps."""
        import diffusers

        saved = self.saved_scheduler
        kind = getattr(diffusers, self.options.scheduler, None) if self.options.scheduler else type(saved)
        if kind is None:
            raise ModelError(f"{self.name}: diffusers has no scheduler {self.options.scheduler}")
        return kind.from_config(saved.config)


class PipelineFiller(Pipeline, Filler):
    """Runs the pipeline on each hole with its surroundings, at the size of its training."""

    auto = "AutoPipelineForInpainting"
    tiles = False
    fails = (
        "draws objects into large holes",
        "shifts colours slightly across the whole window (only the hole is used)",
        "turns small letters near the hole into scribbles",
    )

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        def fill(part: Rgb, hole: NDArray[np.bool_]) -> Rgb:
            # The hole is filled beforehand: resizing would smear its content into the surroundings, and the pipeline
            # starts from it if the strength is below 1.
            prefilled = np.asarray(cv2.inpaint(part, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
            return levels(self._fill(floats(prefilled), hole, seed))

        return filled_by(rgb, mask, fill)

    def _fill(self, part: Floats, hole: Any, seed: int) -> Floats:
        high, wide = hole.shape
        scale = (self.tile or self.side) / max(high, wide)
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = np.clip(_resize(part, size, interpolation), 0, 1)
        holes = _resize(hole.astype(np.float32), size, cv2.INTER_NEAREST)
        fitting = self.sizes.fitting(*size)
        result = self.call(
            seed,
            image=_pil(padded(picture, fitting)),
            mask_image=_pil(padded(holes, fitting)),
            width=fitting[0],
            height=fitting[1],
            strength=self.options.strength,
        )[: size[1], : size[0]]
        return _resize(result, (wide, high), cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)

    def warm_up(self) -> None:
        side = self.sizes.minimum
        hole = np.zeros((side, side), bool)
        hole[side // 4 : side // 2, side // 4 : side // 2] = True
        brief = self.configured({"steps": 1})
        brief.tile = side
        brief._fill(np.full((side, side, 3), 0.5, np.float32), hole, 0)


class PipelineUpscaler(Pipeline, Upscaler):
    """Enlarges by the pipeline's factor tile by tile, then resamples to the requested size by Lanczos."""

    auto = "StableDiffusionUpscalePipeline"
    fails = ("invents fine texture on smooth surfaces", "redraws small letters")

    def build(self, files: list[Path]) -> None:
        super().build(files)
        # the network denoises at the size of the small picture and halves it at each level
        reduction = 2 ** (len(self.network.unet.config.block_out_channels) - 1)
        self.sizes = Sizes(minimum=8 * reduction, multiple_of=reduction)
        self.tile = self.side // 4

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return self.upscale_all([Enlargement(rgb, size, seed)])[0]

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        larger = self.run([floats(item.rgb) for item in wanted], [item.seed for item in wanted])
        return [resized(levels(one), item.size) for one, item in zip(larger, wanted, strict=True)]

    def batch(self, pictures: Sequence[Floats], seed: int) -> list[Floats]:
        return [self._enlarge(picture, seed) for picture in pictures]

    def _enlarge(self, picture: Floats, seed: int) -> Floats:
        fitting = self.sizes.fitting(picture.shape[1], picture.shape[0])
        result = self.call(seed, image=_pil(padded(picture, fitting)), noise_level=self.options.noise_level)
        scale = result.shape[0] // fitting[1]
        return result[: picture.shape[0] * scale, : picture.shape[1] * scale]

    def warm_up(self) -> None:
        self.configured({"steps": 1})._enlarge(np.full((8, 8, 3), 0.5, np.float32), 0)


class PipelineGenerator(Pipeline, Generator):
    """Generates a picture from a prompt, or from a prompt and a picture."""

    auto = "AutoPipelineForText2Image"
    tiles = False
    fails = ("changes the product, so it never suits a main picture", "draws illegible letters")

    def build(self, files: list[Path]) -> None:
        super().build(files)
        from diffusers import AutoPipelineForImage2Image

        self.from_text = self.network
        self.from_picture: Any = AutoPipelineForImage2Image.from_pipe(self.network)
        self.from_picture.set_progress_bar_config(disable=True)

    def generate(self, size: tuple[int, int], *, seed: int, start: Rgb | None = None) -> Rgb:
        fitting = self.sizes.fitting(*size)
        if start is None:
            self.network = self.from_text
            result = self.call(seed, width=fitting[0], height=fitting[1])
        else:
            self.network = self.from_picture
            image = _pil(padded(floats(resized(start, size)), fitting))
            result = self.call(seed, image=image, strength=self.options.strength)
        return levels(result[: size[1], : size[0]])

    def warm_up(self) -> None:
        side = self.sizes.minimum
        self.configured({"steps": 1}).generate((side, side), seed=0)


KINDS: dict[Task, type[Pipeline]] = {
    Task.FILL: PipelineFiller,
    Task.UPSCALE: PipelineUpscaler,
    Task.GENERATE: PipelineGenerator,
}


def model_of(weights: Weights) -> type[Model]:
    """The model class for this pipeline folder.

    Raises:
        ModelError: pipelines do not support the task.
    """
    return model_from(weights, KINDS)


def _folder(weights: Weights, files: list[Path]) -> Path:
    """The pipeline's folder after a check that it has an index and no executable content.

    Raises:
        ModelError: the folder lacks an index, or has code or weights in another format.
    """
    index = weights.folder / "model_index.json"
    if index not in files:
        raise ModelError(
            f"{weights.name}: {weights.folder} has no model_index.json, so it is not a pipeline folder"
        )
    for path in files:
        if path.suffix in {".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".py"}:
            raise ModelError(f"{path.name} could contain code: a pipeline is read from .safetensors only")
    custom = json.loads(index.read_text("utf-8")).get("_class_name")
    if not isinstance(custom, str):
        raise ModelError(f"{weights.name}: model_index.json names custom code, which Sluice does not run")
    return weights.folder


def _pil(picture: Floats) -> Image.Image:
    """[H, W, 3] or [H, W] float32, 0..1, as a Pillow picture, which every pipeline accepts."""
    return Image.fromarray(levels(picture))


def _resize(picture: Floats, size: tuple[int, int], interpolation: int) -> Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.float32)
