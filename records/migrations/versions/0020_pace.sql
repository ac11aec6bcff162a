CREATE TABLE batch_minutes (
    batch_id BIGINT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    minute TIMESTAMP WITH TIME ZONE NOT NULL,
    settled BIGINT NOT NULL,
    positions BIGINT NOT NULL,
    judged BIGINT NOT NULL,
    artifacts BIGINT NOT NULL,
    PRIMARY KEY (batch_id, minute)
);
COMMENT ON TABLE batch_minutes IS 'what the steps of each batch did in each minute, raised in the transaction that records them';
COMMENT ON COLUMN batch_minutes.settled IS 'images that left the line';
COMMENT ON COLUMN batch_minutes.positions IS 'steps of the recipe that images left behind; all that remain for one that left the line';
COMMENT ON COLUMN batch_minutes.judged IS 'images that gates judged for the first time';

ALTER TABLE workers
    ADD COLUMN memory BIGINT,
    ADD COLUMN device_memory BIGINT,
    ADD COLUMN device_memory_total BIGINT;
COMMENT ON COLUMN workers.memory IS 'bytes of its processes in memory';
COMMENT ON COLUMN workers.device_memory IS 'bytes in use on its GPU, by all processes';
COMMENT ON COLUMN workers.device_memory_total IS 'bytes that its GPU has';
