"""What people look after: vendor templates, and what waits."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.states import TemplateState
from records.tables.columns import NOW, TIME, identity, metadata, template_state

templates = sa.Table(
    "templates",
    metadata,
    identity(),
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
    sa.Column("created_at", TIME, nullable=False, server_default=NOW),
    sa.Index("templates_vendor", "vendor"),
    comment="places where text recurs on the photos of one vendor",
)

bulk_answers = sa.Table(
    "bulk_answers",
    metadata,
    identity(),
    sa.Column("actor", sa.Text, nullable=False, comment="as in events.actor"),
    sa.Column("choice", sa.Text, nullable=False),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    comment="one answer of a person to many images at once",
)

decisions = sa.Table(
    "decisions",
    metadata,
    identity(),
    sa.Column("image_id", sa.BigInteger, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("batch_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="accept, keep, reject, requeue or rollback"),
    sa.Column("actor", sa.Text, nullable=False, comment="as in events.actor"),
    sa.Column("before", JSONB, nullable=False, comment="columns of the image before it, to undo it"),
    sa.Column("at", TIME, nullable=False, server_default=NOW),
    sa.Column("undo_by", sa.Text, comment="who ordered to undo it"),
    sa.Column("undone_at", TIME),
    sa.Column(
        "bulk_id",
        sa.BigInteger,
        sa.ForeignKey("bulk_answers.id"),
        comment="the answer to many images that it is part of",
    ),
    sa.Index("decisions_bulk", "bulk_id", "id", postgresql_where=sa.text("bulk_id IS NOT NULL")),
    sa.Index("decisions_image", "image_id", "id"),
    sa.Index("decisions_actor", "actor", "id"),
    sa.Index(
        "decisions_to_undo", "id", postgresql_where=sa.text("undo_by IS NOT NULL AND undone_at IS NULL")
    ),
    comment="what people decided about images",
)

troubles = sa.Table(
    "troubles",
    metadata,
    identity(),
    sa.Column("kind", sa.Text, nullable=False, comment="see records.troubles.TroubleKind"),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("batch_id", sa.BigInteger, comment="the batch that waits, where it is one"),
    sa.Column("since", TIME, nullable=False, server_default=NOW),
    sa.Column("seen_at", TIME, nullable=False, server_default=NOW),
    sa.Column("times", sa.BigInteger, nullable=False, server_default="1", comment="how often it was met"),
    sa.Column("dismissed_at", TIME),
    sa.UniqueConstraint("kind", "subject", name="troubles_subject"),
    comment="what waits or is not taken, since when and why",
)
