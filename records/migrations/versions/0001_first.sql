CREATE TYPE image_state AS ENUM ('waiting', 'working', 'held', 'flagged', 'delivered', 'rejected', 'discarded', 'failed');
CREATE TYPE batch_state AS ENUM ('running', 'halted', 'probing', 'done');
CREATE TYPE shard_state AS ENUM ('open', 'done');

CREATE TABLE batch_moves (
    "old" batch_state NOT NULL,
    "new" batch_state NOT NULL,
    PRIMARY KEY ("old", "new")
);
COMMENT ON TABLE batch_moves IS 'the legal moves, as line.states says';

CREATE TABLE image_moves (
    "old" image_state NOT NULL,
    "new" image_state NOT NULL,
    PRIMARY KEY ("old", "new")
);
COMMENT ON TABLE image_moves IS 'the legal moves, as line.states says';

CREATE TABLE recipes (
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (digest)
);

CREATE TABLE sightings (
    prefix TEXT NOT NULL,
    digest TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    taken TEXT,
    trouble TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (prefix)
);
COMMENT ON TABLE sightings IS 'uploads in the ingest bucket, and since when their listing has not changed';
COMMENT ON COLUMN sightings.taken IS 'the digest with which it became a batch';
COMMENT ON COLUMN sightings.trouble IS 'why it cannot be taken';

CREATE TABLE workers (
    node TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    queues TEXT[] NOT NULL,
    device TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (node)
);

CREATE TABLE batches (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    vendor TEXT NOT NULL,
    upload TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest TEXT NOT NULL,
    recipe TEXT NOT NULL,
    out TEXT NOT NULL,
    state batch_state DEFAULT 'running' NOT NULL,
    images BIGINT DEFAULT '0' NOT NULL,
    judged BIGINT DEFAULT '0' NOT NULL,
    artifacts BIGINT DEFAULT '0' NOT NULL,
    shards BIGINT DEFAULT '0' NOT NULL,
    halted_at_step INTEGER,
    halt_reason TEXT DEFAULT '' NOT NULL,
    manifest_due BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    UNIQUE (digest),
    FOREIGN KEY(recipe) REFERENCES recipes (digest)
);
CREATE INDEX batches_open ON batches (state) WHERE state <> 'done';
COMMENT ON COLUMN batches.prefix IS 'where the originals lie in the bucket';
COMMENT ON COLUMN batches.digest IS 'of the listing and the recipe';
COMMENT ON COLUMN batches.out IS 'URL of the delivered folder';
COMMENT ON COLUMN batches.judged IS 'since it last closed';
COMMENT ON COLUMN batches.shards IS 'the last shard''s number';
COMMENT ON COLUMN batches.halted_at_step IS 'the step whose verdicts tripped the breaker';

CREATE TABLE shards (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    batch_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    recipe TEXT NOT NULL,
    route INTEGER[] NOT NULL,
    transforms TEXT[] NOT NULL,
    queues TEXT[] NOT NULL,
    at INTEGER DEFAULT '0' NOT NULL,
    state shard_state DEFAULT 'open' NOT NULL,
    images INTEGER NOT NULL,
    megapixels FLOAT NOT NULL,
    losses INTEGER DEFAULT '0' NOT NULL,
    attempt INTEGER DEFAULT '1' NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_node TEXT,
    lease_host TEXT,
    lease_pid INTEGER,
    lease_until TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT shards_number UNIQUE (batch_id, number),
    FOREIGN KEY(batch_id) REFERENCES batches (id),
    FOREIGN KEY(recipe) REFERENCES recipes (digest)
);
CREATE INDEX shards_open ON shards (state, batch_id) WHERE state <> 'done';
COMMENT ON COLUMN shards.number IS 'within its batch';
COMMENT ON COLUMN shards.route IS 'positions in the recipe';
COMMENT ON COLUMN shards.transforms IS 'the transform at each of them';
COMMENT ON COLUMN shards.queues IS 'the queue of each of them';
COMMENT ON COLUMN shards.at IS 'index into route, 0-based';
COMMENT ON COLUMN shards.losses IS 'workers lost on it';
COMMENT ON COLUMN shards.attempt IS 'times published';

CREATE TABLE images (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    batch_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 TEXT,
    state image_state DEFAULT 'waiting' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    sentence TEXT DEFAULT '' NOT NULL,
    artifact BOOLEAN DEFAULT false NOT NULL,
    judged BOOLEAN DEFAULT false NOT NULL,
    counted BOOLEAN DEFAULT false NOT NULL,
    accepted BOOLEAN DEFAULT false NOT NULL,
    probe BOOLEAN DEFAULT false NOT NULL,
    recipe TEXT NOT NULL,
    step INTEGER DEFAULT '0' NOT NULL,
    current TEXT,
    mask TEXT,
    proposal TEXT,
    proposal_mask TEXT,
    facts JSONB DEFAULT '{}' NOT NULL,
    shard_id BIGINT,
    losses INTEGER DEFAULT '0' NOT NULL,
    file TEXT,
    fold TEXT,
    PRIMARY KEY (id),
    CONSTRAINT images_name UNIQUE (batch_id, name),
    CONSTRAINT images_file UNIQUE (batch_id, fold) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY(batch_id) REFERENCES batches (id),
    FOREIGN KEY(recipe) REFERENCES recipes (digest),
    FOREIGN KEY(shard_id) REFERENCES shards (id)
);
CREATE INDEX images_shard ON images (shard_id) WHERE shard_id IS NOT NULL;
CREATE INDEX images_state ON images (batch_id, state);
CREATE INDEX images_waiting ON images (batch_id, step) WHERE state = 'waiting';
COMMENT ON COLUMN images.name IS 'path inside the upload';
COMMENT ON COLUMN images.source IS 'key of the original in the bucket';
COMMENT ON COLUMN images.sha256 IS 'of the original, known after admission';
COMMENT ON COLUMN images.step IS 'position of its next step';
COMMENT ON COLUMN images.current IS 'key of the picture as it stands';
COMMENT ON COLUMN images.mask IS 'key of what is to be edited';
COMMENT ON COLUMN images.proposal IS 'key of a flagged step''s result, taken up if accepted';
COMMENT ON COLUMN images.proposal_mask IS 'key of a mask found but not approved';
COMMENT ON COLUMN images.losses IS 'workers lost on it';
COMMENT ON COLUMN images.file IS 'delivered path below the batch''s folder';
COMMENT ON COLUMN images.fold IS 'what a file system may take that path for';
COMMENT ON COLUMN images.counted IS 'by the breaker, since it last closed';

CREATE TABLE events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    image_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    "old" image_state NOT NULL,
    "new" image_state NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(image_id) REFERENCES images (id)
);
CREATE INDEX events_batch ON events (batch_id);
CREATE INDEX events_image ON events (image_id);
COMMENT ON TABLE events IS 'every move of an image, written by a trigger';

CREATE TABLE steps (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    image_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    shard_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    transform TEXT NOT NULL,
    recipe TEXT NOT NULL,
    model TEXT,
    revision TEXT,
    seed BIGINT NOT NULL,
    device TEXT NOT NULL,
    node TEXT NOT NULL,
    input TEXT,
    input_mask TEXT,
    output TEXT,
    touched TEXT,
    facts JSONB NOT NULL,
    verdict TEXT NOT NULL,
    reasons JSONB NOT NULL,
    readings JSONB NOT NULL,
    seconds FLOAT NOT NULL,
    cost FLOAT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT steps_once UNIQUE (image_id, shard_id, position),
    FOREIGN KEY(image_id) REFERENCES images (id),
    FOREIGN KEY(batch_id) REFERENCES batches (id),
    FOREIGN KEY(shard_id) REFERENCES shards (id)
);
CREATE INDEX steps_batch ON steps (batch_id, transform);
COMMENT ON COLUMN steps.input IS 'key of the picture that went in';
COMMENT ON COLUMN steps.touched IS 'key of the feathered mask of what was allowed to change';
COMMENT ON COLUMN steps.facts IS 'what was known before the step';
COMMENT ON COLUMN steps.verdict IS 'pass, flag, refuse or fail';


INSERT INTO image_moves (old, new) VALUES
    ('delivered', 'discarded'),
    ('delivered', 'flagged'),
    ('delivered', 'waiting'),
    ('discarded', 'flagged'),
    ('discarded', 'waiting'),
    ('failed', 'discarded'),
    ('failed', 'flagged'),
    ('failed', 'waiting'),
    ('flagged', 'discarded'),
    ('flagged', 'waiting'),
    ('held', 'waiting'),
    ('rejected', 'waiting'),
    ('waiting', 'failed'),
    ('waiting', 'held'),
    ('waiting', 'working'),
    ('working', 'delivered'),
    ('working', 'failed'),
    ('working', 'flagged'),
    ('working', 'held'),
    ('working', 'rejected'),
    ('working', 'waiting');

INSERT INTO batch_moves (old, new) VALUES
    ('done', 'running'),
    ('halted', 'probing'),
    ('probing', 'halted'),
    ('probing', 'running'),
    ('running', 'done'),
    ('running', 'halted');

-- Nobody moves an image or a batch against the table of moves, whatever code he runs.
CREATE FUNCTION refuse_illegal_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    legal boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE old = $1.state AND new = $2.state)', TG_ARGV[0])
        INTO legal USING OLD, NEW;
    IF NOT legal THEN
        RAISE EXCEPTION '% %: may not go from % to %', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER image_moves_legally BEFORE UPDATE OF state ON images
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION refuse_illegal_move('image_moves');

CREATE TRIGGER batch_moves_legally BEFORE UPDATE OF state ON batches
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION refuse_illegal_move('batch_moves');

-- One event row for every move, in one statement however many images moved.
CREATE FUNCTION record_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (image_id, batch_id, old, new, reason, actor)
    SELECT after.id, after.batch_id, before.state, after.state, after.reason,
           coalesce(nullif(current_setting('sluice.actor', true), ''), 'line')
    FROM before JOIN after USING (id)
    WHERE before.state IS DISTINCT FROM after.state;
    RETURN NULL;
END $$;

CREATE TRIGGER image_moves_recorded AFTER UPDATE ON images
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION record_moves();

-- For charts: one line for each reading of each image and step.
CREATE VIEW readings AS
SELECT steps.batch_id, batches.vendor, batches.upload, steps.image_id, images.name, steps.position,
       steps.transform, steps.model, steps.revision, reading.key AS reading,
       (reading.value)::double precision AS value, steps.verdict, steps.at
FROM steps
JOIN images ON images.id = steps.image_id
JOIN batches ON batches.id = steps.batch_id
CROSS JOIN LATERAL jsonb_each_text(steps.readings) AS reading;
