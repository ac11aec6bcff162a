"""Deliver: bring a picture into the shop's shape, mark it, encode it, and hold it against the shop's rules."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from gates.metrics.picture.composition import composition_of
from imaging.codec import Codec
from imaging.containers.jpeg_rewrite import rewrite
from imaging.encode import Format, decode, encode, srgb_profile
from imaging.fit import Shape
from imaging.limits import Limits
from imaging.metadata.marks import Marks
from imaging.refusal import RefusedError
from line.delivery import DeliverParams, OutputRules
from line.facts import Facts
from line.picture import Flagged, Outcome, Picture, Publishable, Rgb
from models.contract import Task
from models.subject import SubjectFinder
from tasks.transform import transform
from worker.queues import Queue

_MIN_WHITE_LEVEL: Final = 250
"""Minimum level of each channel that counts as white: JPEG moves 255 by a few."""
_MIN_WHITE_SHARE: Final = 0.95
"""Minimum share of the border that is white; a product may touch an edge."""
_QUALITY_STEP: Final = 4
_NO_LIMITS: Final = Limits(min_side=1)


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """One encoded file.

    Attributes:
        quality: of the encoder; None where the vendor's own stream was kept.
    """

    data: bytes
    rgb: Rgb
    quality: int | None


@transform(
    queue=Queue.DELIVER,
    task=Task.SUBJECT,
    default_model="plain_ground",
    edits=False,
    delivers=True,
    params=DeliverParams,
)
def deliver(
    pictures: Sequence[Picture], model: SubjectFinder | None, codec: Codec, **params: Any
) -> list[Outcome]:
    """Encode each picture, or flag it where it breaks a rule that no person has waived.

    The model finds the subject, for the rules and for the gates; without one, the colour of the border tells it.
    A JPEG that no step has changed and that meets the rules keeps its own compressed pixels. See
    :class:`line.delivery.DeliverParams` for the parameters.
    """
    wanted = DeliverParams(**params)
    return [_deliver(picture, wanted, codec, model) for picture in pictures]


def _deliver(picture: Picture, params: DeliverParams, codec: Codec, finder: SubjectFinder | None) -> Outcome:
    white = white_border(picture.rgb)
    shaped = _shape(params).apply(picture.rgb)
    readings = {
        "long_side": float(max(shaped.shape[:2])),
        "aspect": shaped.shape[1] / shaped.shape[0],
        "white_border": white,
    }
    is_accepted = picture.facts.accepted
    broken = [*_broken_rules(picture, shaped, params, white), *_broken_framing(shaped, params, finder)]
    if broken and not is_accepted:
        return _flagged(picture, broken, readings)
    marks = Marks.due(picture.facts, keep_rights="rights" in params.keep)
    file = _own_stream(picture, shaped, params, marks, codec)
    if file is None:
        file = _encoded(shaped, Format(params.format), params, params.dpi, marks)
    file = _signed(file, Format(params.format), picture, codec)
    readings |= {"bytes": float(len(file.data)), "reencoded": float(file.quality is not None)}
    if file.quality is not None:
        readings["quality"] = float(file.quality)
    files = {rendition.pattern: rendition for rendition in params.renditions}
    renditions = {
        name: _signed(
            _encoded(_shape(rules).apply(picture.rgb), Format(rules.format), rules, params.dpi, marks),
            Format(rules.format),
            picture,
            codec,
        )
        for name, rules in files.items()
    }
    too_large = list(_too_large(file, params)) + [
        fault for name, encoded in renditions.items() for fault in _too_large(encoded, files[name], name)
    ]
    if too_large and not is_accepted:
        return _flagged(picture, too_large, readings)
    return Publishable(
        file.data,
        Format(params.format).media_type,
        file.rgb,
        readings,
        reference=shaped,
        facts=_record(file, marks, renditions),
        renditions={name: encoded.data for name, encoded in renditions.items()},
    )


def _shape(rules: OutputRules) -> Shape:
    return Shape(rules.max_long_side, rules.fit, rules.ratio or 1.0, rules.ground, rules.margin)


def _broken_rules(
    picture: Picture, shaped: Rgb, params: DeliverParams, white: float
) -> Iterator[tuple[str, str]]:
    """Reason and sentence of each rule that the picture breaks; ``white`` is the share of its border."""
    share = 1 - 2 * params.margin
    long, short = (round(side / share) for side in (picture.long_side, min(picture.width, picture.height)))
    if long < params.min_long_side:
        yield "below_min_long_side", f"The longer side is {long} px; {params.min_long_side} are asked for."
    if short < params.min_short_side and params.fit == "within":
        yield (
            "below_min_short_side",
            f"The shorter side is {short} px; {params.min_short_side} are asked for.",
        )
    if params.white_background and white < _MIN_WHITE_SHARE:
        yield "background_not_white", f"Only {white:.0%} of the border is white."
    if params.ratio:
        ratio = shaped.shape[1] / shaped.shape[0]
        wanted = 1.0 if params.fit == "square" else params.ratio
        if abs(ratio / wanted - 1) > params.aspect_tolerance:
            yield "wrong_aspect", f"The sides are {ratio:.3f}:1; {params.aspect} is asked for."


def _broken_framing(
    shaped: Rgb, params: DeliverParams, finder: SubjectFinder | None
) -> Iterator[tuple[str, str]]:
    """Reason and sentence of each rule on subject and ground that the picture breaks."""
    if not (params.white_ground or params.subject_fill):
        return
    composition = composition_of(shaped, finder.saliency if finder else None)
    if composition.white_ground < params.white_ground:
        yield (
            "ground_not_white",
            f"Only {composition.white_ground:.0%} of the ground is white; {params.white_ground:.0%} is asked for.",
        )
    if composition.subject_fill < params.subject_fill:
        yield (
            "subject_too_small",
            f"The subject spans {composition.subject_fill:.0%} of the picture; {params.subject_fill:.0%} is asked for.",
        )


def _flagged(picture: Picture, broken: list[tuple[str, str]], readings: dict[str, float]) -> Flagged:
    sentences = " ".join(sentence for _, sentence in broken)
    return Flagged(broken[0][0], sentences, picture=picture, readings=readings)


def _too_large(file: _File, rules: OutputRules, name: str = "") -> Iterator[tuple[str, str]]:
    if len(file.data) > rules.max_bytes:
        what = f"The rendition {name}" if name else "The file"
        yield (
            "above_max_bytes",
            f"{what} has {len(file.data):,} bytes even at quality {file.quality}; "
            f"at most {rules.max_bytes:,} are taken.",
        )


def _own_stream(
    picture: Picture, shaped: Rgb, params: DeliverParams, marks: Marks, codec: Codec
) -> _File | None:
    """The vendor's own JPEG stream with our metadata; None where it cannot be delivered as it is."""
    if picture.original is None or shaped is not picture.rgb or params.format != "jpeg":
        return None
    if not picture.facts.publishable_stream:
        return None
    try:
        data = rewrite(
            picture.original, dpi=params.dpi, icc=srgb_profile(), xmp=marks.xmp(), exif=marks.exif()
        )
        if len(data) > params.max_bytes:
            return None
        rgb = codec.decode(picture.name, data, limits=_NO_LIMITS).rgb
    except (ValueError, RefusedError):
        return None
    return _File(data, rgb, None) if np.array_equal(rgb, picture.rgb) else None


def _encoded(rgb: Rgb, form: Format, rules: OutputRules, dpi: int, marks: Marks) -> _File:
    """The picture at the best quality that fits the bytes, or at the lowest allowed."""
    floor = min(rules.quality, rules.min_quality)
    qualities = [*range(rules.quality, floor, -_QUALITY_STEP), floor]
    for quality in qualities if form is not Format.PNG else [rules.quality]:
        data = encode(rgb, form, quality=quality, dpi=dpi, marks=marks)
        if len(data) <= rules.max_bytes:
            break
    return _File(data, decode(data), quality)


def _signed(file: _File, form: Format, picture: Picture, codec: Codec) -> _File:
    """The file with content credentials, where a certificate is configured."""
    signer = codec.signer
    if signer is None:
        return file
    parent = None
    if picture.facts.c2pa and picture.original is not None:
        parent = (picture.original, f"image/{picture.facts.format}")
    edits = [edit.to_json() for edit in picture.facts.edits]
    return replace(file, data=signer.sign(file.data, form.media_type, edits, parent))


def _record(file: _File, marks: Marks, renditions: Mapping[str, _File]) -> Facts:
    """What the record keeps of the delivered files, and what they say of themselves when read back."""
    everything = {"": file, **renditions}
    differing = [name for name, written in everything.items() if Marks.read(written.data) != marks]
    return Facts(
        delivered={
            "sha256": hashlib.sha256(file.data).hexdigest(),
            "bytes": len(file.data),
            "reencoded": file.quality is not None,
            "marks": marks.to_dict(),
            "renditions": [
                {
                    "name": name,
                    "width": encoded.rgb.shape[1],
                    "height": encoded.rgb.shape[0],
                    "bytes": len(encoded.data),
                    "quality": encoded.quality,
                    "sha256": hashlib.sha256(encoded.data).hexdigest(),
                }
                for name, encoded in renditions.items()
            ],
        },
        marks_differ=len(differing),
    )


def white_border(rgb: Rgb) -> float:
    """Share of white pixels in a frame of one hundredth of the shorter side along the edges, 0..1."""
    height, width = rgb.shape[:2]
    depth = min(max(2, min(height, width) // 100), height, width)
    frame = (
        rgb[:depth],
        rgb[-depth:],
        rgb[depth:-depth, :depth],
        rgb[depth:-depth, -depth:],
    )
    pixels = np.concatenate([part.reshape(-1, 3) for part in frame])
    return float((pixels.min(axis=1) >= _MIN_WHITE_LEVEL).mean())
