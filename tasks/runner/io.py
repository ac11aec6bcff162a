"""From the bucket into memory and back: lossless, content-addressed files between steps."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gates.contract import Reason
from imaging import intermediate
from line.delivery import rendition_path
from line.errors import SluiceError
from line.picture import Edited, Facts, Flagged, FlagKind, Mask, Original, Picture, Publishable, Refused
from line.settings import settings
from records.outcomes import Done, Result
from records.shards import Claim, Member
from records.storage.bucket import Bucket, MissingObjectError, UnwritableKeyError, bucket
from tasks.runner.prefetch import picture

if TYPE_CHECKING:
    from tasks.runner.execute import Attempted


class OriginalReplacedError(SluiceError):
    """Raised when an original is no longer the file that was taken: it belongs to a newer upload."""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """One image in memory, with the row it came from."""

    image: Member
    subject: Picture | Original
    seed: int
    facts: Facts = field(default_factory=dict)
    sha256: str | None = None


def read(
    store: Bucket, image: Member, seed: int, vendor: Facts | None = None, *, with_original: bool = False
) -> Loaded:
    """Read an image as its next step wants it: the original's bytes, or the picture as it stands.

    Args:
        vendor: what a step that asks is told of the batch's vendor; not kept with the image.
        with_original: whether the vendor's file comes along where ``deliver`` may need it.

    Raises:
        MissingObjectError: an object that the records name is gone.
        OriginalReplacedError: the vendor put other bytes in the original's place.
    """
    facts = dict(image.facts)
    if image.current is None:
        data, tag = store.get_tagged(image.source)
        digest = hashlib.sha256(data).hexdigest()
        if (image.sha256 and digest != image.sha256) or (not image.sha256 and image.tag not in ("", tag)):
            raise OriginalReplacedError(f"{image.source} holds other bytes than when the upload was taken")
        return Loaded(image, Original(image.name, data, facts), seed, facts, digest)
    rgb = picture(store, image.current)
    mask = intermediate.decode_mask(store.get(image.mask)) if image.mask else None
    told = facts | {"vendor": vendor} if vendor else facts
    original = _original(store, image) if with_original else None
    return Loaded(image, Picture(image.name, rgb, mask, seed, told, original), seed, facts)


def _original(store: Bucket, image: Member) -> bytes | None:
    """The vendor's file, where it may be delivered as it is or bears a manifest; None where it is gone."""
    unchanged = image.facts.get("publishable_stream") and image.facts.get("admitted") == image.current
    if not (unchanged or image.facts.get("c2pa")):
        return None
    try:
        data = store.get(image.source)
    except MissingObjectError:
        return None
    return data if hashlib.sha256(data).hexdigest() == image.sha256 else None


def store(claim: Claim, tried: "Attempted") -> Done:
    """Write what a step made of an image and say it in the records' words."""
    loaded, outcome, verdict = tried.loaded, tried.outcome, tried.verdict
    said = _Said(loaded, tried.seconds, dict(verdict.readings))
    if isinstance(outcome, Refused):
        return said.done(Result.REFUSE, outcome.reason, outcome.sentence)
    if isinstance(outcome, Flagged):
        return said.flagged(outcome)
    if isinstance(outcome, Publishable):
        return said.published(outcome, verdict.reasons, claim.out)
    if isinstance(outcome, Edited):
        return said.edited(outcome, verdict.reasons)
    return said.done(Result.FAIL, "transform_error", outcome.sentence)


@dataclass(slots=True)
class _Said:
    """One image's result on its way into the records."""

    loaded: Loaded
    seconds: float
    readings: dict[str, float]

    def done(self, result: Result, reason: str = "", sentence: str = "", **more: Any) -> Done:
        facts = more.pop("facts", self.loaded.facts)
        return Done(
            image_id=self.loaded.image.id,
            result=result,
            seed=self.loaded.seed,
            seconds=self.seconds,
            readings=self.readings,
            reason=reason,
            sentence=sentence,
            facts=facts,
            sha256=self.loaded.sha256,
            **more,
        )

    def flagged(self, outcome: Flagged) -> Done:
        self.readings |= outcome.readings
        artifact = outcome.kind is FlagKind.ARTIFACT
        if outcome.picture is None:
            return self.done(Result.FLAG, outcome.reason, outcome.sentence, artifact=artifact)
        output, mask = self._keep(outcome.picture)
        facts = dict(outcome.picture.facts) | {"masked": False}
        if self.loaded.image.current is None:  # flagged at admission: what was decoded is worth keeping
            facts |= {"width": outcome.picture.width, "height": outcome.picture.height}
        return self.done(
            Result.FLAG,
            outcome.reason,
            outcome.sentence,
            artifact=artifact,
            output=output,
            mask=mask,
            facts=facts,
        )

    def edited(self, outcome: Edited, reasons: tuple[Reason, ...]) -> Done:
        self.readings |= outcome.readings
        output, mask = self._keep(outcome.picture)
        touched = _keep_mask(outcome.touched)
        picture = outcome.picture
        facts = dict(picture.facts) | {"width": picture.width, "height": picture.height}
        facts["masked"] = mask is not None
        if isinstance(self.loaded.subject, Original):
            facts["admitted"] = output
        return self._judged(reasons, output=output, mask=mask, touched=touched, facts=facts)

    def published(self, outcome: Publishable, reasons: tuple[Reason, ...], out: str) -> Done:
        self.readings |= outcome.readings
        image = self.loaded.image
        facts = dict(self.loaded.facts)
        if not reasons:
            try:
                for pattern, data in outcome.renditions.items():
                    bucket(out).put(rendition_path(pattern, image.file), data)
                bucket(out).put(image.file, outcome.data)
            except UnwritableKeyError as error:
                return self.done(Result.FAIL, "undeliverable", f"The file cannot be delivered: {error}")
            facts |= outcome.facts
        return self._judged(reasons, output=image.current, file=image.file, facts=facts)

    def _judged(self, reasons: tuple[Reason, ...], **more: Any) -> Done:
        if not reasons:
            return self.done(Result.PASS, **more)
        sentence = "; ".join(str(reason) for reason in reasons)
        artifact = any(reason.kind is FlagKind.ARTIFACT for reason in reasons)
        return self.done(
            Result.FLAG,
            reasons[0].code,
            sentence,
            artifact=artifact,
            reasons=[_plain(reason) for reason in reasons],
            **more,
        )

    def _keep(self, picture: Picture) -> tuple[str | None, str | None]:
        """Keys of a picture and of its mask; a picture that is still the input keeps its key."""
        subject = self.loaded.subject
        unchanged = isinstance(subject, Picture) and picture.rgb is subject.rgb
        kept: str | None = self.loaded.image.current
        if not unchanged:
            kept = bucket(settings().bucket).keep(
                intermediate.encode_rgb(picture.rgb), intermediate.PICTURE_SUFFIX
            )
        return kept, _keep_mask(picture.mask)


def _keep_mask(mask: Mask | None) -> str | None:
    if mask is None or not np.any(mask):
        return None
    return bucket(settings().bucket).keep(intermediate.encode_mask(mask), intermediate.MASK_SUFFIX)


def _plain(reason: Reason) -> Mapping[str, Any]:
    limit = {"at_least": reason.limit.at_least, "at_most": reason.limit.at_most}
    return {
        "code": reason.code,
        "value": reason.value,
        "limit": {key: value for key, value in limit.items() if value is not None},
        "kind": reason.kind.value,
        "where": reason.where,
        "sentence": str(reason),
    }
