CREATE TYPE rollout_state AS ENUM ('shadow', 'ramp', 'promoted', 'rolled_back', 'inconclusive');

CREATE TABLE rollouts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    step TEXT NOT NULL,
    incumbent TEXT NOT NULL,
    candidate TEXT NOT NULL,
    revision TEXT NOT NULL,
    weights TEXT DEFAULT '' NOT NULL,
    state rollout_state DEFAULT 'shadow' NOT NULL,
    share FLOAT NOT NULL,
    margin FLOAT NOT NULL,
    max_latency FLOAT NOT NULL,
    max_pairs BIGINT NOT NULL,
    worse BIGINT DEFAULT '0' NOT NULL,
    better BIGINT DEFAULT '0' NOT NULL,
    equal BIGINT DEFAULT '0' NOT NULL,
    stage_began BIGINT DEFAULT '0' NOT NULL,
    incumbent_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
    candidate_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL,
    lost_workers INTEGER DEFAULT '0' NOT NULL,
    prefers_incumbent BIGINT DEFAULT '0' NOT NULL,
    prefers_candidate BIGINT DEFAULT '0' NOT NULL,
    prefers_neither BIGINT DEFAULT '0' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    started_by TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    cleared_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT rollouts_share CHECK (share > 0 AND share <= 1)
);
CREATE UNIQUE INDEX rollouts_trying ON rollouts (step, incumbent) WHERE state IN ('shadow', 'ramp');
COMMENT ON TABLE rollouts IS 'candidate models, each compared with the model in use on pairs of results';
COMMENT ON COLUMN rollouts.step IS 'the transform whose model is compared';
COMMENT ON COLUMN rollouts.incumbent IS 'the model in use';
COMMENT ON COLUMN rollouts.revision IS 'of the candidate';
COMMENT ON COLUMN rollouts.weights IS 'SHA-256 of the candidate''s weights';
COMMENT ON COLUMN rollouts.share IS 'of the photos that go through both models now';
COMMENT ON COLUMN rollouts.margin IS 'rise of the artifact rate that is still harmless';
COMMENT ON COLUMN rollouts.max_latency IS 'times that the candidate may take as long, at most';
COMMENT ON COLUMN rollouts.max_pairs IS 'pairs after which a person decides';
COMMENT ON COLUMN rollouts.worse IS 'pairs in which only the candidate''s result was flagged';
COMMENT ON COLUMN rollouts.better IS 'pairs in which only the result of the model in use was';
COMMENT ON COLUMN rollouts.equal IS 'pairs in which both or neither were';
COMMENT ON COLUMN rollouts.stage_began IS 'pairs when the present share began';
COMMENT ON COLUMN rollouts.incumbent_seconds IS 'over all pairs';
COMMENT ON COLUMN rollouts.candidate_seconds IS 'over all pairs';
COMMENT ON COLUMN rollouts.lost_workers IS 'workers that were lost as a whole while the candidate ran';
COMMENT ON COLUMN rollouts.prefers_incumbent IS 'blind answers for the picture of the model in use';
COMMENT ON COLUMN rollouts.prefers_candidate IS 'blind answers for the candidate''s picture';
COMMENT ON COLUMN rollouts.prefers_neither IS 'blind answers that see no difference';
COMMENT ON COLUMN rollouts.reason IS 'of the last move';
COMMENT ON COLUMN rollouts.decided_by IS 'evidence, breaker or a person; null while it is open';
COMMENT ON COLUMN rollouts.cleared_at IS 'when no photo was left that went on with a rolled back candidate';

CREATE TABLE rollout_pairs (
    rollout_id BIGINT NOT NULL,
    image_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    shard_id BIGINT NOT NULL,
    outcome TEXT,
    reason TEXT DEFAULT '' NOT NULL,
    is_shipped BOOLEAN DEFAULT false NOT NULL,
    input TEXT,
    incumbent_output TEXT,
    candidate_output TEXT,
    answer TEXT,
    answered_by TEXT,
    answered_at TIMESTAMP WITH TIME ZONE,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (rollout_id, image_id),
    FOREIGN KEY(rollout_id) REFERENCES rollouts (id),
    FOREIGN KEY(image_id) REFERENCES images (id) ON DELETE CASCADE
);
CREATE INDEX rollout_pairs_batch ON rollout_pairs (rollout_id, batch_id);
CREATE INDEX rollout_pairs_image ON rollout_pairs (image_id);
CREATE INDEX rollout_pairs_open ON rollout_pairs (rollout_id) WHERE candidate_output IS NOT NULL AND answer IS NULL;
COMMENT ON TABLE rollout_pairs IS 'one photo through both models of a rollout, counted once however often its step is repeated';
COMMENT ON COLUMN rollout_pairs.shard_id IS 'the shard whose step began to run the candidate';
COMMENT ON COLUMN rollout_pairs.outcome IS 'worse, better, equal or lost; null while the candidate runs, or if its process died';
COMMENT ON COLUMN rollout_pairs.reason IS 'the limit that was broken';
COMMENT ON COLUMN rollout_pairs.input IS 'key of the picture that went into both; null unless stored';
COMMENT ON COLUMN rollout_pairs.answer IS 'incumbent, candidate or neither: which picture a person prefers';

CREATE TABLE rollout_moves (
    "old" rollout_state NOT NULL,
    "new" rollout_state NOT NULL,
    PRIMARY KEY ("old", "new")
);
COMMENT ON TABLE rollout_moves IS 'the legal moves, as line.states says';

INSERT INTO rollout_moves (old, new) VALUES
    ('inconclusive', 'promoted'),
    ('inconclusive', 'rolled_back'),
    ('promoted', 'rolled_back'),
    ('ramp', 'inconclusive'),
    ('ramp', 'promoted'),
    ('ramp', 'rolled_back'),
    ('shadow', 'inconclusive'),
    ('shadow', 'promoted'),
    ('shadow', 'ramp'),
    ('shadow', 'rolled_back');

CREATE TRIGGER rollout_moves_legally BEFORE UPDATE OF state ON rollouts
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION refuse_illegal_move('rollout_moves');

-- A rollback at the prompt sends photos round again at once.
CREATE TRIGGER rollouts_wake AFTER INSERT OR UPDATE OF state ON rollouts
    FOR EACH STATEMENT EXECUTE FUNCTION wake_scheduler();

ALTER TABLE steps ADD COLUMN rollout_id BIGINT;
COMMENT ON COLUMN steps.rollout_id IS 'the rollout whose candidate made the output';
CREATE INDEX steps_rollout ON steps (rollout_id, image_id) WHERE rollout_id IS NOT NULL;
