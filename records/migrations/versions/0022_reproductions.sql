CREATE TABLE reproductions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    image_id BIGINT NOT NULL,
    step_id BIGINT NOT NULL,
    person TEXT NOT NULL,
    requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    report JSONB,
    error TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE,
    FOREIGN KEY (step_id) REFERENCES steps (id) ON DELETE CASCADE
);
CREATE INDEX reproductions_image ON reproductions (image_id, id);
CREATE INDEX reproductions_step ON reproductions (step_id);
COMMENT ON TABLE reproductions IS 'recorded steps that were run again to compare the result';
COMMENT ON COLUMN reproductions.person IS 'who ordered it, as in events.actor';
COMMENT ON COLUMN reproductions.report IS 'how the result compares with the record';
COMMENT ON COLUMN reproductions.error IS 'why there is no report';
