CREATE TABLE step_counters (
    transform TEXT NOT NULL,
    le DOUBLE PRECISION NOT NULL,
    slot SMALLINT NOT NULL,
    images BIGINT NOT NULL,
    artifacts BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    cost DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (transform, le, slot)
);
COMMENT ON TABLE step_counters IS 'sums over all steps that ever ran; they stay when a batch is forgotten';
COMMENT ON COLUMN step_counters.le IS 'seconds for one image, at most';
COMMENT ON COLUMN step_counters.slot IS 'id of the batch % 16';
INSERT INTO step_counters
SELECT transform, bucket.le, batch_id % 16, count(*), count(*) FILTER (WHERE verdict = 'flag' AND reasons <> '[]'),
       sum(seconds), sum(cost)
FROM steps CROSS JOIN LATERAL (
    SELECT coalesce(min(bound), 'Infinity') AS le
    FROM unnest(ARRAY[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]::double precision[]) AS bound
    WHERE bound >= steps.seconds
) AS bucket
GROUP BY 1, 2, 3;

CREATE TABLE queue_waits (
    queue TEXT NOT NULL,
    le DOUBLE PRECISION NOT NULL,
    slot SMALLINT NOT NULL,
    shards BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (queue, le, slot)
);
COMMENT ON TABLE queue_waits IS 'shards that were ever claimed, raised by a trigger in the transaction that claims them';
COMMENT ON COLUMN queue_waits.le IS 'seconds from published to claimed, at most';
COMMENT ON COLUMN queue_waits.slot IS 'id of the shard % 16';

CREATE FUNCTION count_queue_wait() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waited DOUBLE PRECISION := greatest(extract(epoch FROM clock_timestamp() - OLD.published_at), 0);
    upper_bound DOUBLE PRECISION;
BEGIN
    SELECT coalesce(min(bound), 'Infinity') INTO upper_bound
    FROM unnest(ARRAY[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800]::double precision[]) AS bound
    WHERE bound >= waited;
    INSERT INTO queue_waits AS total VALUES (NEW.queues[NEW.at + 1], upper_bound, NEW.id % 16, 1, waited)
    ON CONFLICT (queue, le, slot) DO UPDATE SET
        shards = total.shards + 1, seconds = total.seconds + excluded.seconds;
    RETURN NULL;
END $$;
CREATE TRIGGER shards_claimed_counted AFTER UPDATE OF lease_until ON shards FOR EACH ROW
    WHEN (OLD.lease_until IS NULL AND NEW.lease_until IS NOT NULL) EXECUTE FUNCTION count_queue_wait();
