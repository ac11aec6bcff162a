"""What the API takes and answers, as JSON. The Python client uses the same classes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from line.recipe import shipped
from line.states import BatchState, ImageState, TemplateState

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$")]
"""A vendor's name or an upload's: one folder of the bucket."""


def _is_shipped(name: str) -> str:
    if name not in shipped():
        raise ValueError(f"choose a shipped recipe: {', '.join(shipped())}")
    return name


RecipeName = Annotated[str, AfterValidator(_is_shipped), Field(json_schema_extra={"enum": list(shipped())})]
"""A shipped recipe: a path would open a file of this machine."""


class Body(BaseModel):
    """The body of a request; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class BatchSummary(BaseModel):
    """A batch, as ``sluice status --json`` shows it."""

    batch: int
    vendor: str
    upload: str
    recipe: str
    state: BatchState
    breaker: Literal["closed", "tripped", "probing"]
    halt_reason: str
    watermark_rights: str | None
    taken_at: datetime
    finished_at: datetime | None
    images: int
    other_files: int
    by_state: dict[str, int]
    artifact_rate: float
    judged: int
    artifacts: int
    seconds: float
    images_per_second: float
    cost: float
    delivered: str


class Account(BaseModel):
    """A budget that pays for a batch, in the currency of ``sluice.toml``."""

    scope: Literal["batch", "vendor", "month"]
    key: str
    ceiling: float
    spent: float
    reserved: float
    left: float


class BatchDetails(BatchSummary):
    """A batch with its budgets and the cost of a thousand images by step."""

    budget: list[Account]
    cost_per_thousand: dict[str, float]


class ImageSummary(BaseModel):
    """An image with the readings of its last step."""

    image: int
    name: str
    state: ImageState
    reason: str
    sentence: str
    step: str | None
    reasons: list[dict[str, JsonValue]]
    readings: dict[str, float | None]
    regions: list[dict[str, JsonValue]]


class StepReadings(BaseModel):
    """One run of a step on one image."""

    image: int
    name: str
    position: int
    step: str
    model: str | None
    revision: str | None
    verdict: str
    reasons: list[dict[str, JsonValue]]
    readings: dict[str, float | None]
    seconds: float
    cost: float
    at: datetime


class Move(BaseModel):
    """One change of an image's state."""

    model_config = ConfigDict(populate_by_name=True)

    old: ImageState = Field(alias="from")
    new: ImageState = Field(alias="to")
    reason: str
    actor: str
    at: datetime


class ImageDetails(BaseModel):
    """An image with everything that was done to it; ``version`` names what a decision about it is based on."""

    image: int
    batch: int
    vendor: str
    name: str
    bytes: int
    sha256: str | None
    state: ImageState
    reason: str
    sentence: str
    recipe: str
    file: str | None
    version: str | None
    steps: list[StepReadings]
    moves: list[Move]


class Link(BaseModel):
    """A link to one picture of an image; whoever has it may open it until it expires."""

    picture: str
    url: str
    expires_at: datetime


class Template(BaseModel):
    """A vendor template: an overlay that recurs on a vendor's photos."""

    model_config = ConfigDict(extra="ignore")

    template: int
    vendor: str
    state: TemplateState
    box: list[float]
    images: int
    photos: int
    overlay: float
    decisions: list[dict[str, JsonValue]]


class TroubleReport(BaseModel):
    """Something that waits or is not taken."""

    id: int
    kind: str
    subject: str
    sentence: str
    since: datetime
    seen_at: datetime
    times: int
    batch_id: int | None


class UploadReport(BaseModel):
    """An upload of this token: ``receiving``, ``complete``, ``taken`` as a batch, or ``refused``."""

    upload: int
    prefix: str
    recipe: str
    state: Literal["receiving", "complete", "taken", "refused"]
    batch: int | None
    problem: str
    created_at: datetime
    completed_at: datetime | None


class NewUpload(Body):
    """An upload: a folder, or an archive where its name ends with ``.zip``, ``.7z`` or ``.tar``."""

    vendor: Label
    name: Label
    recipe: RecipeName = "catalog"


class NamedPrefix(Body):
    """An upload that lies in the ingest bucket already."""

    prefix: Annotated[str, Field(pattern=r"^ingest/[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[^/\x00-\x1f\\]{1,200}$")]
    recipe: RecipeName = "catalog"


class Expected(Body):
    """A decision; with ``version`` it is refused where the image changed since it was looked at."""

    version: str | None = Field(None, max_length=64)


class Requeue(Expected):
    """Process an image again, from the step at which it stopped or with another recipe from the start.

    What is erased by ``mask`` comes back to a person before it counts, unless ``look`` is false.
    """

    recipe: RecipeName | None = None
    mask: Literal["found", "sure"] | None = None
    look: bool = True


class Rollback(Expected):
    """Put an image back to what it was before a step."""

    step: str = Field(max_length=100)


class RequeueFlagged(Body):
    """Process flagged images of a batch again, at most ``limit`` with one request."""

    reason: str | None = Field(None, max_length=200)
    recipe: RecipeName | None = None
    mask: Literal["found", "sure"] | None = None
    look: bool = True
    limit: int = Field(100, ge=1, le=500)


class Skipped(BaseModel):
    """An image that could not be requeued."""

    image: int
    detail: str


class Requeued(BaseModel):
    """Images that were requeued, and those that could not be."""

    requeued: list[int]
    skipped: list[Skipped]


class Halt(Body):
    """Why a batch is halted."""

    reason: str = Field("halted by a program", min_length=1, max_length=500)


class Resume(Body):
    """Resume a halted batch; ``budget`` is what all of it may cost from now on."""

    budget: float | None = Field(None, gt=0, lt=1e9)


class Probe(BaseModel):
    """A batch that is tested with some images before the rest follows."""

    batch: int
    probe: int


class Overrule(Body):
    """Whether an earlier decision is changed."""

    overrule: bool = False


class Stored(BaseModel):
    """A file, or a part of one, that was stored."""

    name: str
    part: int | None
    bytes: int
    sha256: str
