CREATE TABLE troubles (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    sentence TEXT NOT NULL,
    batch_id BIGINT,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    times BIGINT DEFAULT '1' NOT NULL,
    dismissed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT troubles_subject UNIQUE (kind, subject)
);
COMMENT ON TABLE troubles IS 'what waits or is not taken, since when and why';
COMMENT ON COLUMN troubles.kind IS 'see records.troubles.TroubleKind';
COMMENT ON COLUMN troubles.batch_id IS 'the batch that waits, where it is one';
COMMENT ON COLUMN troubles.times IS 'how often it was met';

ALTER TABLE sightings ADD COLUMN longest_gap DOUBLE PRECISION DEFAULT '0' NOT NULL;
COMMENT ON COLUMN sightings.longest_gap IS 'seconds between two changes while it arrived, at most';

ALTER TABLE batches ADD COLUMN other_files BIGINT DEFAULT '0' NOT NULL;
COMMENT ON COLUMN batches.other_files IS 'files of the upload that are no pictures and are not meant to be';

ALTER TABLE images ADD COLUMN raw_name TEXT;
COMMENT ON COLUMN images.raw_name IS 'bytes of the name that are no UTF-8, as %XX; null where they are the name';

-- A process is known by boot, PID namespace, number and start time: two hosts may share a name.
ALTER TABLE shards ADD COLUMN lease_process TEXT;
COMMENT ON COLUMN shards.lease_process IS 'identity of the process that holds the lease';
ALTER TABLE shards ADD COLUMN lease_worker TEXT;
COMMENT ON COLUMN shards.lease_worker IS 'identity of that process'' worker, as in workers.process';
ALTER TABLE shards ADD COLUMN expiries INTEGER DEFAULT '0' NOT NULL;
COMMENT ON COLUMN shards.expiries IS 'leases that ran out in a row without a known death';
ALTER TABLE shards ADD COLUMN failures INTEGER DEFAULT '0' NOT NULL;
COMMENT ON COLUMN shards.failures IS 'tries in a row that an outage ended; each makes the pause before the next longer';

ALTER TABLE workers ADD COLUMN process TEXT DEFAULT '' NOT NULL;
COMMENT ON COLUMN workers.process IS 'identity of the process: two hosts may share a name';
ALTER TABLE workers DROP CONSTRAINT workers_pkey;
ALTER TABLE workers ADD PRIMARY KEY (node, process);
