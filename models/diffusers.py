"""Diffusion pipelines, from a folder that diffusers saved: inpainting, enlarging, pictures from words.

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
from models.inference.network import Floats, Network, floats, levels, model_from, quiet, resized
from models.inference.padding import Sizes, padded
from models.inference.sampling import Sampling
from models.weights.manifest import Weights

SIDE = 512
"""Longer side that a pipeline works at where its weights do not say (``options.side``): that of its training."""


class Pipeline(Network):
    """Loads the folder and calls it with what the recipe pins; a file is never executed.

    Only ``.safetensors`` are read. Noise is drawn on the CPU from the picture's seed, so that it is the
    same on every device; what is made of it is the same bytes on one device kind and thread count.
    """

    needs = ("torch", "diffusers", "transformers")
    draws = True
    tolerance = 32.0  # another tile or micro-batch is another question: it is invented, not computed
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
        raise NotImplementedError("a pipeline is called with words and pictures: see call()")

    def call(self, seed: int, **given: Any) -> Floats:
        """The pipeline's first picture, [H, W, 3] float32 in 0..1.

        Raises:
            ModelError: the scheduler of the recipe is none, the pipeline's own checker refused the
                result, or it holds something that is no number.
        """
        import torch

        self.network.scheduler = self._scheduler()
        with quiet():
            made = self.network(
                prompt=self.options.prompt,
                negative_prompt=self.options.avoid or None,
                num_inference_steps=self.options.steps,
                guidance_scale=self.options.guidance,
                generator=torch.Generator("cpu").manual_seed(seed % 2**63),
                output_type="np",
                **given,
            )
        if any(getattr(made, "nsfw_content_detected", None) or ()):
            raise ModelError(f"{self.name}: the pipeline's safety checker refused what it made")
        picture: Floats = np.asarray(made.images[0], np.float32)
        if not np.isfinite(picture).all():
            raise ModelError(
                f'{self.name} overflows in {self.dtype}: set precision = "float32" in the recipe'
            )
        return picture

    def _scheduler(self) -> Any:
        """A fresh one for each call: schedulers count their steps."""
        import diffusers

        saved = self.saved_scheduler
        kind = getattr(diffusers, self.options.scheduler, None) if self.options.scheduler else type(saved)
        if kind is None:
            raise ModelError(f"{self.name}: diffusers has no scheduler {self.options.scheduler}")
        return kind.from_config(saved.config)


class PipelineFiller(Pipeline, Filler):
    """Shows the pipeline each hole with its surroundings at the size it was trained for."""

    auto = "AutoPipelineForInpainting"
    tiles = False
    fails = (
        "draws things into large holes",
        "shifts colours a little across the whole window (only the hole is taken)",
        "turns small letters near the hole into scribble",
    )

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        def fill(part: Rgb, hole: NDArray[np.bool_]) -> Rgb:
            # what is to be removed is taken out beforehand: resizing would smear it into what is kept, and
            # with a strength below 1 the pipeline starts from it
            bare = np.asarray(cv2.inpaint(part, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
            return levels(self._fill(floats(bare), hole, seed))

        return filled_by(rgb, mask, fill)

    def _fill(self, part: Floats, hole: Any, seed: int) -> Floats:
        high, wide = hole.shape
        share = (self.tile or self.side) / max(high, wide)
        size = (max(1, round(wide * share)), max(1, round(high * share)))
        way = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
        seen = np.clip(_sized(part, size, way), 0, 1)
        holes = _sized(hole.astype(np.float32), size, cv2.INTER_NEAREST)
        fitting = self.sizes.fitting(*size)
        done = self.call(
            seed,
            image=_pil(padded(seen, fitting)),
            mask_image=_pil(padded(holes, fitting)),
            width=fitting[0],
            height=fitting[1],
            strength=self.options.strength,
        )[: size[1], : size[0]]
        return _sized(done, (wide, high), cv2.INTER_AREA if share > 1 else cv2.INTER_CUBIC)

    def warm_up(self) -> None:
        side = self.sizes.minimum
        hole = np.zeros((side, side), bool)
        hole[side // 4 : side // 2, side // 4 : side // 2] = True
        brief = self.configured({"steps": 1})
        brief.tile = side
        brief._fill(np.full((side, side, 3), 0.5, np.float32), hole, 0)


class PipelineUpscaler(Pipeline, Upscaler):
    """Enlarges by the pipeline's own factor, tile by tile, then to the size by Lanczos."""

    auto = "StableDiffusionUpscalePipeline"
    fails = ("invents fine texture where the photo shows none", "redraws small letters")

    def build(self, files: list[Path]) -> None:
        super().build(files)
        # the small picture is what the network denoises at: its sides are halved at each of its levels
        deep = 2 ** (len(self.network.unet.config.block_out_channels) - 1)
        self.sizes = Sizes(minimum=8 * deep, multiple_of=deep)
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
        made = self.call(seed, image=_pil(padded(picture, fitting)), noise_level=self.options.noise_level)
        scale = made.shape[0] // fitting[1]
        return made[: picture.shape[0] * scale, : picture.shape[1] * scale]

    def warm_up(self) -> None:
        self.configured({"steps": 1})._enlarge(np.full((8, 8, 3), 0.5, np.float32), 0)


class PipelineGenerator(Pipeline, Generator):
    """A picture from words, or from words and a picture."""

    auto = "AutoPipelineForText2Image"
    tiles = False
    fails = ("does not keep the product as it is: never for a main picture", "writes letters that are none")

    def build(self, files: list[Path]) -> None:
        super().build(files)
        from diffusers import AutoPipelineForImage2Image

        self.from_words = self.network
        self.from_picture: Any = AutoPipelineForImage2Image.from_pipe(self.network)
        self.from_picture.set_progress_bar_config(disable=True)

    def generate(self, size: tuple[int, int], *, seed: int, start: Rgb | None = None) -> Rgb:
        fitting = self.sizes.fitting(*size)
        if start is None:
            self.network = self.from_words
            made = self.call(seed, width=fitting[0], height=fitting[1])
        else:
            self.network = self.from_picture
            image = _pil(padded(floats(resized(start, size)), fitting))
            made = self.call(seed, image=image, strength=self.options.strength)
        return levels(made[: size[1], : size[0]])

    def warm_up(self) -> None:
        side = self.sizes.minimum
        self.configured({"steps": 1}).generate((side, side), seed=0)


KINDS: dict[Task, type[Pipeline]] = {
    Task.FILL: PipelineFiller,
    Task.UPSCALE: PipelineUpscaler,
    Task.GENERATE: PipelineGenerator,
}


def model_of(weights: Weights) -> type[Model]:
    """The model that this pipeline folder makes.

    Raises:
        ModelError: for a task that no such pipeline does.
    """
    return model_from(weights, KINDS)


def _folder(weights: Weights, files: list[Path]) -> Path:
    """The pipeline's folder, which holds an index and nothing that could be executed.

    Raises:
        ModelError: it holds no index, code, or weights in another form.
    """
    index = weights.folder / "model_index.json"
    if index not in files:
        raise ModelError(
            f"{weights.name}: {weights.folder} holds no model_index.json: it is no pipeline folder"
        )
    for path in files:
        if path.suffix in {".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".py"}:
            raise ModelError(f"{path.name} could hold code: a pipeline is read from .safetensors only")
    custom = json.loads(index.read_text("utf-8")).get("_class_name")
    if not isinstance(custom, str):
        raise ModelError(f"{weights.name}: its model_index.json names code of its own, which is not run")
    return weights.folder


def _pil(picture: Floats) -> Image.Image:
    """[H, W, 3] or [H, W], 0..1, as a Pillow picture: every pipeline takes those."""
    return Image.fromarray(levels(picture))


def _sized(picture: Floats, size: tuple[int, int], interpolation: int) -> Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.float32)
