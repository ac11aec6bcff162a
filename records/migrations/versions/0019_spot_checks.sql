CREATE TABLE spot_checks (
    batch_id BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    control_share REAL DEFAULT 0 NOT NULL,
    started_by TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (batch_id),
    FOREIGN KEY (batch_id) REFERENCES batches (id) ON DELETE CASCADE
);
COMMENT ON TABLE spot_checks IS 'random samples of the delivered pictures of batches';
COMMENT ON COLUMN spot_checks.seed IS 'of the random sample';
COMMENT ON COLUMN spot_checks.control_share IS 'share of questions about controls';

CREATE TABLE spot_controls (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    image_id BIGINT NOT NULL,
    is_bad BOOLEAN NOT NULL,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    added_by TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT spot_controls_image UNIQUE (image_id),
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE
);
COMMENT ON TABLE spot_controls IS 'pictures that are certainly good or certainly bad, by which reviewers are measured';
COMMENT ON COLUMN spot_controls.before IS 'where the picture lay before: bucket and key of each';
COMMENT ON COLUMN spot_controls.after IS 'where the result lay: bucket and key of each';

CREATE TABLE spot_questions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    batch_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    is_second BOOLEAN NOT NULL,
    wants_second BOOLEAN NOT NULL,
    image_id BIGINT NOT NULL,
    control_id BIGINT,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    reviewer TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    shown_at TIMESTAMP WITH TIME ZONE,
    verdict TEXT CHECK (verdict IN ('good', 'bad', 'unclear')),
    answered_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT spot_questions_number UNIQUE (batch_id, number, is_second),
    FOREIGN KEY (batch_id) REFERENCES spot_checks (batch_id) ON DELETE CASCADE,
    FOREIGN KEY (image_id) REFERENCES images (id) ON DELETE CASCADE,
    FOREIGN KEY (control_id) REFERENCES spot_controls (id) ON DELETE CASCADE
);
CREATE INDEX spot_questions_image ON spot_questions (image_id);
CREATE INDEX spot_questions_reviewer ON spot_questions (batch_id, reviewer, id);
COMMENT ON TABLE spot_questions IS 'what people were asked in spot checks, and what they answered';
COMMENT ON COLUMN spot_questions.number IS 'within its batch, in the order of the draw';
COMMENT ON COLUMN spot_questions.is_second IS 'asked of a second reviewer';
COMMENT ON COLUMN spot_questions.wants_second IS 'drawn to be asked of a second reviewer too';
COMMENT ON COLUMN spot_questions.reviewer IS 'as in events.actor';
COMMENT ON COLUMN spot_questions.verdict IS 'good, bad or unclear';
