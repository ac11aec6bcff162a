"""The Postgres tables, as the newest migration leaves them. (Networks live in ``models``, not here.)"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM, JSONB

from line.states import BatchState, ImageState, ShardState, TemplateState

metadata = sa.MetaData()


def _enum(
    name: str, values: type[ImageState] | type[BatchState] | type[ShardState] | type[TemplateState]
) -> ENUM:
    return ENUM(*(value.value for value in values), name=name, create_type=False, metadata=metadata)


image_state = _enum("image_state", ImageState)
batch_state = _enum("batch_state", BatchState)
shard_state = _enum("shard_state", ShardState)
template_state = _enum("template_state", TemplateState)

_now, _time = sa.text("now()"), sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _count(name: str, comment: str, kind: type[sa.Integer] = sa.Integer) -> sa.Column[int]:
    return sa.Column(name, kind, nullable=False, server_default="0", comment=comment)


recipes = sa.Table(
    "recipes",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("created_at", _time, nullable=False, server_default=_now),
)

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("prefix", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("changed_at", _time, nullable=False, server_default=_now),
    sa.Column("taken", sa.Text, comment="the digest with which it became a batch"),
    sa.Column("trouble", sa.Text, nullable=False, server_default="", comment="why it cannot be taken"),
    sa.Column(
        "longest_gap",
        sa.Double,
        nullable=False,
        server_default="0",
        comment="seconds between two changes while it arrived, at most",
    ),
    comment="uploads in the ingest bucket, and since when their listing has not changed",
)

batches = sa.Table(
    "batches",
    metadata,
    _id(),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("upload", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, comment="where the originals lie in the bucket"),
    sa.Column("digest", sa.Text, nullable=False, unique=True, comment="of the listing and the recipe"),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("out", sa.Text, nullable=False, comment="URL of the delivered folder"),
    sa.Column("state", batch_state, nullable=False, server_default=BatchState.RUNNING.value),
    sa.Column("images", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("judged", sa.BigInteger, nullable=False, server_default="0", comment="since it last closed"),
    sa.Column("artifacts", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("shards", sa.BigInteger, nullable=False, server_default="0", comment="the last shard's number"),
    sa.Column("halted_at_step", sa.Integer, comment="the step whose verdicts tripped the breaker"),
    sa.Column("halt_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("manifest_due", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", _time, nullable=False, server_default=_now),
    sa.Column("finished_at", _time),
    sa.Column(
        "watermark_rights", sa.Text, comment="the vendor's attestation as it stood when the upload was taken"
    ),
    _count("other_files", "files of the upload that are no pictures and are not meant to be", sa.BigInteger),
    sa.Column("surveyed_at", _time, comment="when its texts were last looked through for templates"),
    sa.Column("cost", sa.Float, nullable=False, server_default="0", comment="of all its steps so far"),
    sa.Column("worked_at", _time, comment="when its last step so far ended"),
    sa.Index(
        "batches_unsurveyed",
        "id",
        postgresql_where=sa.text("surveyed_at IS NULL OR surveyed_at < finished_at"),
    ),
    sa.Index("batches_vendor", "vendor", "id"),
    sa.Index("batches_open", "state", postgresql_where=sa.text("state <> 'done'")),
)

shards = sa.Table(
    "shards",
    metadata,
    _id(),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False, comment="within its batch"),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("route", sa.ARRAY(sa.Integer), nullable=False, comment="positions in the recipe"),
    sa.Column("transforms", sa.ARRAY(sa.Text), nullable=False, comment="the transform at each of them"),
    sa.Column("queues", sa.ARRAY(sa.Text), nullable=False, comment="the queue of each of them"),
    sa.Column("at", sa.Integer, nullable=False, server_default="0", comment="index into route, 0-based"),
    sa.Column("state", shard_state, nullable=False, server_default=ShardState.OPEN.value),
    sa.Column("images", sa.Integer, nullable=False),
    sa.Column("megapixels", sa.Float, nullable=False),
    sa.Column("losses", sa.Integer, nullable=False, server_default="0", comment="workers lost on it"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1", comment="times published"),
    sa.Column("published_at", _time, nullable=False, server_default=_now),
    sa.Column("lease_node", sa.Text),
    sa.Column("lease_host", sa.Text),
    sa.Column("lease_pid", sa.Integer),
    sa.Column("lease_until", _time),
    sa.Column("lease_process", sa.Text, comment="identity of the process that holds the lease"),
    sa.Column("lease_worker", sa.Text, comment="identity of that process' worker, as in workers.process"),
    _count("expiries", "leases that ran out in a row without a known death"),
    _count("failures", "tries in a row that an outage ended; each makes the pause before the next longer"),
    _count("images_done", "in the step under way"),
    sa.UniqueConstraint("batch_id", "number", name="shards_number"),
    sa.Index("shards_open", "state", "batch_id", postgresql_where=sa.text("state <> 'done'")),
)

images = sa.Table(
    "images",
    metadata,
    _id(),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="path inside the upload"),
    sa.Column("source", sa.Text, nullable=False, comment="key of the original in the bucket"),
    sa.Column(
        "tag",
        sa.Text,
        nullable=False,
        server_default="",
        comment="what the bucket said of the original when it was taken; empty: not asked",
    ),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, comment="of the original, known after admission"),
    sa.Column("state", image_state, nullable=False, server_default=ImageState.WAITING.value),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("sentence", sa.Text, nullable=False, server_default=""),
    sa.Column("artifact", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("judged", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column(
        "counted",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="by the breaker, since it last closed",
    ),
    sa.Column("accepted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("probe", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("recipe", sa.Text, sa.ForeignKey("recipes.digest"), nullable=False),
    sa.Column("step", sa.Integer, nullable=False, server_default="0", comment="position of its next step"),
    sa.Column("current", sa.Text, comment="key of the picture as it stands"),
    sa.Column("mask", sa.Text, comment="key of what is to be edited"),
    sa.Column("proposal", sa.Text, comment="key of a flagged step's result, taken up if accepted"),
    sa.Column("proposal_mask", sa.Text, comment="key of a mask found but not approved"),
    sa.Column("facts", JSONB, nullable=False, server_default="{}"),
    sa.Column("shard_id", sa.BigInteger, sa.ForeignKey("shards.id")),
    sa.Column("losses", sa.Integer, nullable=False, server_default="0", comment="workers lost on it"),
    sa.Column("file", sa.Text, comment="delivered path below the batch's folder"),
    sa.Column("fold", sa.Text, comment="what a file system may take that path for"),
    sa.Column(
        "raw_name",
        sa.Text,
        comment="bytes of the name that are no UTF-8, as %XX; null where they are the name",
    ),
    sa.UniqueConstraint("batch_id", "name", name="images_name"),
    sa.UniqueConstraint("batch_id", "fold", name="images_file", deferrable=True, initially="DEFERRED"),
    sa.Index(
        "images_front", "batch_id", "recipe", "step", "id", postgresql_where=sa.text("state = 'waiting'")
    ),
    sa.Index("images_shard", "shard_id", postgresql_where=sa.text("shard_id IS NOT NULL")),
    sa.Index("images_state", "batch_id", "state", "id"),
    sa.Index("images_flagged", "batch_id", "reason", "id", postgresql_where=sa.text("state = 'flagged'")),
    sa.Index("images_with_text", "batch_id", postgresql_where=sa.text("facts -> 'regions' -> 0 IS NOT NULL")),
)

image_counts = sa.Table(
    "image_counts",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("state", image_state, primary_key=True),
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("images", sa.BigInteger, nullable=False),
    sa.Column("positions", sa.BigInteger, nullable=False, comment="sum of the positions of their next steps"),
    sa.Column("judged", sa.BigInteger, nullable=False),
    sa.Column("artifacts", sa.BigInteger, nullable=False),
    comment="images of each batch, kept by triggers in the transaction that changes them",
)

steps = sa.Table(
    "steps",
    metadata,
    _id(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("shard_id", sa.BigInteger, sa.ForeignKey("shards.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("transform", sa.Text, nullable=False),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("revision", sa.Text),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("input", sa.Text, comment="key of the picture that went in"),
    sa.Column("input_mask", sa.Text),
    sa.Column("output", sa.Text),
    sa.Column("output_mask", sa.Text, comment="key of the mask it left for later steps"),
    sa.Column("touched", sa.Text, comment="key of the feathered mask of what was allowed to change"),
    sa.Column("facts", JSONB, nullable=False, comment="what was known before the step"),
    sa.Column("verdict", sa.Text, nullable=False, comment="pass, flag, refuse or fail"),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("readings", JSONB, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("cost", sa.Float, nullable=False),
    sa.Column(
        "made_with",
        JSONB,
        nullable=False,
        server_default="{}",
        comment="options and weights of the model, hardware, threads and versions of libraries",
    ),
    sa.Column("at", _time, nullable=False, server_default=_now),
    sa.UniqueConstraint("image_id", "shard_id", "position", name="steps_once"),
    sa.Index("steps_batch", "batch_id", "transform"),
)

events = sa.Table(
    "events",
    metadata,
    _id(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column("old", image_state, nullable=False),
    sa.Column("new", image_state, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", _time, nullable=False, server_default=_now),
    sa.Index("events_image", "image_id"),
    sa.Index("events_batch", "batch_id"),
    comment="every move of an image, written by a trigger",
)

image_moves = sa.Table(
    "image_moves",
    metadata,
    sa.Column("old", image_state, primary_key=True),
    sa.Column("new", image_state, primary_key=True),
    comment="the legal moves, as line.states says",
)

batch_moves = sa.Table(
    "batch_moves",
    metadata,
    sa.Column("old", batch_state, primary_key=True),
    sa.Column("new", batch_state, primary_key=True),
    comment="the legal moves, as line.states says",
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column(
        "process",
        sa.Text,
        primary_key=True,
        server_default="",
        comment="identity of the process: two hosts may share a name",
    ),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("queues", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("seen_at", _time, nullable=False, server_default=_now),
    sa.Column(
        "trouble",
        sa.Text,
        nullable=False,
        server_default="",
        comment="what it cannot do, and how to mend that",
    ),
)

templates = sa.Table(
    "templates",
    metadata,
    _id(),
    sa.Column("vendor", sa.Text, nullable=False),
    sa.Column("state", template_state, nullable=False, server_default=TemplateState.PROPOSED.value),
    sa.Column(
        "left",
        sa.Float,
        nullable=False,
        comment="share of the photo's width, as right; top and bottom of its height",
    ),
    sa.Column("top", sa.Float, nullable=False),
    sa.Column("right", sa.Float, nullable=False),
    sa.Column("bottom", sa.Float, nullable=False),
    sa.Column("images", sa.BigInteger, nullable=False, comment="photos with text at the place"),
    sa.Column("photos", sa.BigInteger, nullable=False, comment="photos looked through"),
    sa.Column("overlay", sa.Float, nullable=False, comment="mean probability of being an overlay"),
    sa.Column("ink", sa.ARRAY(sa.Integer), comment="median colour, RGB in levels, where all photos agree"),
    sa.Column("look", sa.Text, comment="grey PNG in base64: how often each pixel is part of a letter"),
    sa.Column(
        "mark",
        JSONB(none_as_null=True),
        comment="all that is laid over the photos there; null where they do not agree",
    ),
    sa.Column(
        "examples",
        JSONB,
        nullable=False,
        comment="image, name, crop (key) and box (in pixels of the crop) of each",
    ),
    sa.Column(
        "decisions",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="state, by and at of each, oldest first",
    ),
    sa.Column("created_at", _time, nullable=False, server_default=_now),
    sa.Index("templates_vendor", "vendor"),
    comment="places where text recurs on the photos of one vendor",
)

troubles = sa.Table(
    "troubles",
    metadata,
    _id(),
    sa.Column("kind", sa.Text, nullable=False, comment="see records.troubles.TroubleKind"),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("batch_id", sa.BigInteger, comment="the batch that waits, where it is one"),
    sa.Column("since", _time, nullable=False, server_default=_now),
    sa.Column("seen_at", _time, nullable=False, server_default=_now),
    sa.Column("times", sa.BigInteger, nullable=False, server_default="1", comment="how often it was met"),
    sa.Column("dismissed_at", _time),
    sa.UniqueConstraint("kind", "subject", name="troubles_subject"),
    comment="what waits or is not taken, since when and why",
)

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("batch_id", sa.BigInteger, sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column(
        "certain",
        sa.Boolean,
        nullable=False,
        comment="it was recorded as delivered; else a lost worker may have written it",
    ),
    sa.Column(
        "renditions",
        sa.ARRAY(sa.Text),
        nullable=False,
        server_default="{}",
        comment="paths of the files beside it that go with it",
    ),
    comment="delivered files to take away once no image stands for them",
)
