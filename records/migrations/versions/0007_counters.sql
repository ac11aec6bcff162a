CREATE TABLE image_counts (
    batch_id BIGINT NOT NULL,
    state image_state NOT NULL,
    reason TEXT NOT NULL,
    images BIGINT NOT NULL,
    positions BIGINT NOT NULL,
    judged BIGINT NOT NULL,
    artifacts BIGINT NOT NULL,
    PRIMARY KEY (batch_id, state, reason),
    FOREIGN KEY(batch_id) REFERENCES batches (id)
);
COMMENT ON TABLE image_counts IS 'images of each batch, kept by triggers in the transaction that changes them';
COMMENT ON COLUMN image_counts.positions IS 'sum of the positions of their next steps';

-- The groups are written in one order, so that two transactions never wait for each other.
CREATE FUNCTION count_images() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO image_counts AS total
        SELECT batch_id, state, reason, count(*), sum(step), sum(judged::int), sum(artifact::int)
        FROM after GROUP BY batch_id, state, reason ORDER BY batch_id, state, reason
        ON CONFLICT (batch_id, state, reason) DO UPDATE SET
            images = total.images + excluded.images, positions = total.positions + excluded.positions,
            judged = total.judged + excluded.judged, artifacts = total.artifacts + excluded.artifacts;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO image_counts AS total
        SELECT batch_id, state, reason, sum(sign), sum(sign * step), sum(sign * judged::int), sum(sign * artifact::int)
        FROM (SELECT batch_id, state, reason, step, judged, artifact, 1 AS sign FROM after
              UNION ALL SELECT batch_id, state, reason, step, judged, artifact, -1 FROM before) AS changed
        GROUP BY batch_id, state, reason
        HAVING sum(sign) <> 0 OR sum(sign * step) <> 0 OR sum(sign * judged::int) <> 0 OR sum(sign * artifact::int) <> 0
        ORDER BY batch_id, state, reason
        ON CONFLICT (batch_id, state, reason) DO UPDATE SET
            images = total.images + excluded.images, positions = total.positions + excluded.positions,
            judged = total.judged + excluded.judged, artifacts = total.artifacts + excluded.artifacts;
    ELSE
        UPDATE image_counts AS total SET
            images = total.images - gone.images, positions = total.positions - gone.positions,
            judged = total.judged - gone.judged, artifacts = total.artifacts - gone.artifacts
        FROM (SELECT batch_id, state, reason, count(*) AS images, sum(step) AS positions,
                     sum(judged::int) AS judged, sum(artifact::int) AS artifacts
              FROM before GROUP BY batch_id, state, reason) AS gone
        WHERE total.batch_id = gone.batch_id AND total.state = gone.state AND total.reason = gone.reason;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER images_inserted_counted AFTER INSERT ON images
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_images();
CREATE TRIGGER images_updated_counted AFTER UPDATE ON images
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_images();
CREATE TRIGGER images_deleted_counted AFTER DELETE ON images
    REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION count_images();

INSERT INTO image_counts
SELECT batch_id, state, reason, count(*), sum(step), sum(judged::int), sum(artifact::int)
FROM images GROUP BY batch_id, state, reason;

ALTER TABLE batches
    ADD COLUMN cost FLOAT DEFAULT '0' NOT NULL,
    ADD COLUMN worked_at TIMESTAMP WITH TIME ZONE;
COMMENT ON COLUMN batches.cost IS 'of all its steps so far';
COMMENT ON COLUMN batches.worked_at IS 'when its last step so far ended';
UPDATE batches SET cost = spent.cost, worked_at = spent.at
FROM (SELECT batch_id, sum(cost) AS cost, max(at) AS at FROM steps GROUP BY batch_id) AS spent
WHERE spent.batch_id = batches.id;

-- Pages by id within a state, and within a reason: the page after an id starts where the index stands.
DROP INDEX images_state;
CREATE INDEX images_state ON images (batch_id, state, id);
CREATE INDEX images_flagged ON images (batch_id, reason, id) WHERE state = 'flagged';

-- The few images with text on them, for the survey of vendor templates.
CREATE INDEX images_with_text ON images (batch_id) WHERE facts -> 'regions' -> 0 IS NOT NULL;

-- The scheduler sleeps until one of these is heard; several in one transaction are delivered as one.
CREATE FUNCTION wake_scheduler() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sluice', '');
    RETURN NULL;
END $$;
CREATE TRIGGER batches_wake AFTER INSERT OR UPDATE OF state, manifest_due ON batches
    FOR EACH STATEMENT EXECUTE FUNCTION wake_scheduler();
CREATE TRIGGER shards_wake AFTER UPDATE OF at, state ON shards
    FOR EACH STATEMENT EXECUTE FUNCTION wake_scheduler();
-- For each row: a heartbeat of a worker that is there already must wake nothing.
CREATE TRIGGER workers_wake AFTER INSERT ON workers
    FOR EACH ROW EXECUTE FUNCTION wake_scheduler();
CREATE TRIGGER withdrawals_wake AFTER INSERT ON withdrawals
    FOR EACH ROW EXECUTE FUNCTION wake_scheduler();
