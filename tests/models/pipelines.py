"""Tiny pipelines of the real classes, random weights, saved as diffusers saves them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.weights import manifest
from models.weights.manifest import File, Weights
from tests.harness.context import weights_folder

SEED = 20_260_101


def tokenizer(folder: Path) -> Any:
    """A CLIP tokenizer of 256 bytes, the same at a word's end, and its two marks: 514 tokens."""
    from transformers import CLIPTokenizer

    # bytes as GPT-2 writes them: those that print stand for themselves, the others follow from U+0100 on
    printing = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) not in " \xad\xa0"]
    letters = [chr(byte) for byte in printing] + [chr(256 + at) for at in range(256 - len(printing))]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: at for at, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def text_encoder() -> Any:
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(SEED)  # the first part that is drawn; the others follow from it
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=514,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=77,
            bos_token_id=512,
            eos_token_id=513,
            pad_token_id=513,
        )
    ).eval()


def vae(levels: int, scaling: float = 0.18215) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8,) * levels,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=scaling,
    ).eval()


def unet(channels: int, classes: int | None = None) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=16,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=4,
        norm_num_groups=4,
        num_class_embeds=classes,
    ).eval()


def parts(folder: Path, channels: int) -> dict[str, Any]:
    """What a pipeline of the first Stable Diffusion is made of, with a network of so many channels."""
    from diffusers import DDIMScheduler

    return {
        "vae": vae(4),
        "text_encoder": text_encoder(),
        "tokenizer": tokenizer(folder / "words"),
        "unet": unet(channels),
        "scheduler": DDIMScheduler(steps_offset=1, clip_sample=False),
        "safety_checker": None,
        "feature_extractor": None,
        "requires_safety_checker": False,
    }


def register(name: str, task: str, **options: Any) -> Weights:
    """Make and save the pipeline of a task in its place, and write it into the manifest."""
    folder = SAVERS[task](weights_folder() / name)
    return enter(name, folder, task, **options)


def enter(name: str, folder: Path, task: str, **options: Any) -> Weights:
    """Write a folder that lies in its place into the manifest."""
    files = tuple(
        File(
            path=path.relative_to(folder).as_posix(),
            sha256=manifest.sha256_of(path),
            bytes=path.stat().st_size,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    created = Weights(
        name=name,
        task=task,
        reader="diffusers",
        licence="MIT",
        source="drawn for a test",
        revision="1",
        files=files,
        options=options,
        root=weights_folder(),
    )
    manifest.register(created)
    return created


def save_inpainting(folder: Path) -> Path:
    """Four latent channels, the mask's, and four of the masked picture: nine."""
    from diffusers import StableDiffusionInpaintPipeline

    StableDiffusionInpaintPipeline(**parts(folder, channels=9)).save_pretrained(folder)
    return folder


def save_enlarging(folder: Path) -> Path:
    """Four latent channels and three of the small picture; the noise level is a class."""
    from diffusers import DDIMScheduler, DDPMScheduler, StableDiffusionUpscalePipeline

    StableDiffusionUpscalePipeline(
        vae=vae(3, scaling=0.08333),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(folder / "words"),
        unet=unet(7, classes=1000),
        low_res_scheduler=DDPMScheduler(),
        scheduler=DDIMScheduler(prediction_type="v_prediction", steps_offset=1, clip_sample=False),
        max_noise_level=350,
    ).save_pretrained(folder)
    return folder


def save_generating(folder: Path) -> Path:
    """Four latent channels and nothing else."""
    from diffusers import StableDiffusionPipeline

    StableDiffusionPipeline(**parts(folder, channels=4)).save_pretrained(folder)
    return folder


SAVERS: dict[str, Callable[[Path], Path]] = {
    "fill": save_inpainting,
    "upscale": save_enlarging,
    "generate": save_generating,
}
