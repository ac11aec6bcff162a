ALTER TABLE batches
    ADD COLUMN watermark_rights TEXT,
    ADD COLUMN surveyed_at TIMESTAMP WITH TIME ZONE;
COMMENT ON COLUMN batches.watermark_rights IS 'the vendor''s attestation as it stood when the upload was taken';
COMMENT ON COLUMN batches.surveyed_at IS 'when its texts were last looked through for templates';
CREATE INDEX batches_unsurveyed ON batches (id) WHERE surveyed_at IS NULL OR surveyed_at < finished_at;
CREATE INDEX batches_vendor ON batches (vendor, id);

CREATE TYPE template_state AS ENUM ('proposed', 'confirmed', 'dismissed');

CREATE TABLE templates (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    vendor TEXT NOT NULL,
    state template_state DEFAULT 'proposed' NOT NULL,
    "left" FLOAT NOT NULL,
    top FLOAT NOT NULL,
    "right" FLOAT NOT NULL,
    bottom FLOAT NOT NULL,
    images BIGINT NOT NULL,
    photos BIGINT NOT NULL,
    overlay FLOAT NOT NULL,
    ink INTEGER[],
    look TEXT,
    examples JSONB NOT NULL,
    decisions JSONB DEFAULT '[]' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX templates_vendor ON templates (vendor);
COMMENT ON TABLE templates IS 'places where text recurs on the photos of one vendor';
COMMENT ON COLUMN templates."left" IS 'share of the photo''s width, as right; top and bottom of its height';
COMMENT ON COLUMN templates.images IS 'photos with text at the place';
COMMENT ON COLUMN templates.photos IS 'photos looked through';
COMMENT ON COLUMN templates.overlay IS 'mean probability of being an overlay';
COMMENT ON COLUMN templates.ink IS 'median colour, RGB in levels, where all photos agree';
COMMENT ON COLUMN templates.look IS 'grey PNG in base64: how often each pixel is part of a letter';
COMMENT ON COLUMN templates.examples IS 'image, name, crop (key) and box (in pixels of the crop) of each';
COMMENT ON COLUMN templates.decisions IS 'state, by and at of each, oldest first';
