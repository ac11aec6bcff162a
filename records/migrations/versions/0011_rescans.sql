CREATE TABLE rescans (
    template_id BIGINT NOT NULL,
    person TEXT NOT NULL,
    total BIGINT DEFAULT '0' NOT NULL,
    scanned BIGINT DEFAULT '0' NOT NULL,
    requeued BIGINT DEFAULT '0' NOT NULL,
    skipped BIGINT DEFAULT '0' NOT NULL,
    error TEXT DEFAULT '' NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE,
    touched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (template_id),
    FOREIGN KEY (template_id) REFERENCES templates (id)
);
COMMENT ON TABLE rescans IS 'the newest search of a vendor''s photos for each template';
COMMENT ON COLUMN rescans.person IS 'who asked for it, as in events.actor';
COMMENT ON COLUMN rescans.total IS 'photos to search, at most';
COMMENT ON COLUMN rescans.skipped IS 'photos that could not be read, or not be requeued';
COMMENT ON COLUMN rescans.error IS 'why it ended early';
COMMENT ON COLUMN rescans.touched_at IS 'last sign of life';
