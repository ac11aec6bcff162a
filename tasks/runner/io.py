"""From the bucket into memory and back: lossless, content-addressed files between steps."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gates.contract import Reason
from imaging import intermediate
from line.delivery import rendition_path
from line.errors import SluiceError
from line.facts import Facts
from line.image import Image
from line.picture import Edited, Flagged, FlagKind, Mask, Original, Picture, Publishable, Refused
from records.step_results import (
    ORDERED_RESULT,
    Broken,
    Ending,
    NeedsReview,
    Passed,
    Rejected,
    StepResult,
    StoredKeys,
)
from records.storage.bucket import Bucket, MissingObjectError, UnwritableKeyError
from tasks.runner.prefetch import PrefetchCache
from tasks.runner.types import Attempt, Loaded


class OriginalReplacedError(SluiceError):
    """Raised when an original is no longer the file that was taken: it belongs to a newer upload."""


def read(
    store: Bucket,
    image: Image,
    seed: int,
    prefetch: PrefetchCache | None = None,
    *,
    with_original: bool = False,
) -> Loaded:
    """Read an image as its next step needs it: the original's bytes, or the picture as it stands.

    Args:
        prefetch: where the picture may have been read ahead.
        with_original: whether the vendor's file comes along where ``deliver`` may need it.

    Raises:
        MissingObjectError: an object that the records name is gone.
        OriginalReplacedError: the vendor put other bytes in the original's place.
        IntermediateError: an object in the bucket is damaged.
    """
    if image.picture_key is None:
        data, tag = store.get_tagged(image.source)
        digest = hashlib.sha256(data).hexdigest()
        if (image.sha256 and digest != image.sha256) or (not image.sha256 and image.tag not in ("", tag)):
            raise OriginalReplacedError(f"{image.source} holds other bytes than when the upload was taken")
        return Loaded(Original(image.name, data, image.facts), seed, digest)
    rgb = (prefetch or PrefetchCache()).take_or_read(store, image.picture_key)
    mask = intermediate.decode_mask(store.get(image.mask_key)) if image.mask_key else None
    original = _original(store, image) if with_original else None
    return Loaded(Picture(image.name, rgb, mask, seed, image.facts, original), seed)


def _original(store: Bucket, image: Image) -> bytes | None:
    """The vendor's file, where it may be delivered as it is or bears a manifest; None where it is gone."""
    is_unchanged = image.facts.publishable_stream and image.facts.admitted == image.picture_key
    if not (is_unchanged or image.facts.c2pa):
        return None
    try:
        data = store.get(image.source)
    except MissingObjectError:
        return None
    return data if hashlib.sha256(data).hexdigest() == image.sha256 else None


def write(
    store: Bucket,
    out: Bucket,
    image: Image,
    attempt: Attempt,
    pictures: PrefetchCache | None = None,
    *,
    is_shown: bool = False,
) -> StepResult:
    """Write what a step made of an image, and describe it for the records.

    Args:
        store: the line's bucket, for pictures between steps.
        out: the folder that the batch is delivered to.
        pictures: keeps a picture that goes on in memory, as this process often takes the next step too.
        is_shown: whether a person who ordered the edit is to see the result before it counts; nothing is delivered.
    """
    ending, facts = _ending(store, out, image, attempt, is_shown=is_shown)
    if is_shown:
        ending = _shown(ending)
    outcome = attempt.outcome
    if pictures and isinstance(ending, Passed) and isinstance(outcome, Edited) and ending.stored.picture:
        pictures.put(ending.stored.picture, outcome.picture.rgb)
    measured = outcome.readings if isinstance(outcome, Edited | Flagged | Publishable) else {}
    return StepResult(
        image_id=image.id,
        seed=attempt.loaded.seed,
        seconds=attempt.seconds,
        facts=facts,
        ending=ending,
        readings={**attempt.verdict.readings, **measured},
        sha256=attempt.loaded.sha256,
    )


def _ending(
    store: Bucket, out: Bucket, image: Image, attempt: Attempt, *, is_shown: bool
) -> tuple[Ending, Facts]:
    """How the step ended for the image, and what is known of the image then."""
    facts, reasons = attempt.loaded.facts, attempt.verdict.reasons
    match attempt.outcome:
        case Refused(reason, sentence):
            return Rejected(reason, sentence), facts
        case Flagged() as flagged:
            return _flagged(store, image, attempt.loaded, flagged)
        case Publishable() if is_shown:
            return _judged(reasons, StoredKeys(picture=image.picture_key)), facts
        case Publishable() as published:
            return _published(image, out, published, reasons, facts)
        case Edited(picture=edited, touched=touched):
            stored = StoredKeys(
                _keep_picture(store, image, attempt.loaded, edited),
                _keep_mask(store, edited.mask),
                _keep_mask(store, touched),
            )
            is_masked = stored.mask is not None
            after = edited.facts | Facts(width=edited.width, height=edited.height, masked=is_masked)
            if isinstance(attempt.loaded.subject, Original):
                after |= Facts(admitted=stored.picture)
            return _judged(reasons, stored), after
        case failed:
            return Broken("transform_error", failed.sentence), facts


def _published(
    image: Image, out: Bucket, outcome: Publishable, reasons: tuple[Reason, ...], facts: Facts
) -> tuple[Ending, Facts]:
    """Write the files into the delivered folder, unless a gate flags them."""
    if not reasons:
        file = str(image.file)
        try:
            paths = {name: rendition_path(name, file, facts.counter) for name in outcome.renditions}
            for pattern, data in outcome.renditions.items():
                out.put(paths[pattern], data)
            out.put(file, outcome.data)
        except UnwritableKeyError as error:
            return Broken("undeliverable", f"The file cannot be delivered: {error}"), facts
        facts |= _with_paths(outcome.facts, paths)
    return _judged(reasons, StoredKeys(picture=image.picture_key), file=image.file), facts


def _with_paths(facts: Facts, paths: Mapping[str, str]) -> Facts:
    """The facts of a delivered picture, with the path of each rendition below the delivered folder."""
    if not facts.delivered or not paths:
        return facts
    renditions = [entry | {"file": paths[entry["name"]]} for entry in facts.delivered["renditions"]]
    return facts | Facts(delivered={**facts.delivered, "renditions": renditions})


def _flagged(store: Bucket, image: Image, loaded: Loaded, outcome: Flagged) -> tuple[NeedsReview, Facts]:
    is_artifact = outcome.kind is FlagKind.ARTIFACT
    picture = outcome.picture
    if picture is None:
        return NeedsReview(outcome.reason, outcome.sentence, is_artifact), loaded.facts
    stored = StoredKeys(_keep_picture(store, image, loaded, picture), _keep_mask(store, picture.mask))
    facts = picture.facts | Facts(masked=False)
    if image.picture_key is None:  # flagged at admission: its size is new
        facts |= Facts(width=picture.width, height=picture.height)
    return NeedsReview(outcome.reason, outcome.sentence, is_artifact, stored=stored), facts


def _judged(reasons: tuple[Reason, ...], stored: StoredKeys, file: str | None = None) -> Ending:
    """A pass, or where limits were broken a review with the first of them as its reason."""
    if not reasons:
        return Passed(stored, file)
    return NeedsReview(
        reason=reasons[0].code,
        sentence="; ".join(str(reason) for reason in reasons),
        is_artifact=any(reason.kind is FlagKind.ARTIFACT for reason in reasons),
        limits=[_to_json(reason) for reason in reasons],
        stored=stored,
    )


def _shown(ending: Ending) -> Ending:
    """The result of an edit that a person ordered: the same person takes it or goes back."""
    if isinstance(ending, Passed):
        return NeedsReview(
            ORDERED_RESULT, "This is the result of what a person ordered.", stored=ending.stored
        )
    if isinstance(ending, NeedsReview) and ending.limits:
        sentence = f"This is the result of what a person ordered. A gate objects: {ending.sentence}"
        return replace(ending, reason=ORDERED_RESULT, sentence=sentence, is_artifact=False)
    return ending


def _keep_picture(store: Bucket, image: Image, loaded: Loaded, picture: Picture) -> str | None:
    """The key of a picture; one with the pixels that came in keeps its key."""
    subject = loaded.subject
    if isinstance(subject, Picture) and picture.rgb is subject.rgb:
        return image.picture_key
    return store.keep(intermediate.encode_rgb(picture.rgb), intermediate.PICTURE_SUFFIX)


def _keep_mask(store: Bucket, mask: Mask | None) -> str | None:
    if mask is None or not np.any(mask):
        return None
    return store.keep(intermediate.encode_mask(mask), intermediate.MASK_SUFFIX)


def _to_json(reason: Reason) -> Mapping[str, Any]:
    limit = {"at_least": reason.limit.at_least, "at_most": reason.limit.at_most}
    return {
        "code": reason.code,
        "value": reason.value,
        "limit": {key: value for key, value in limit.items() if value is not None},
        "kind": reason.kind.value,
        "where": reason.where,
        "sentence": str(reason),
    }
