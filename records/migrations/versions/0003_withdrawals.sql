CREATE TABLE withdrawals (
    batch_id BIGINT NOT NULL,
    file TEXT NOT NULL,
    certain BOOLEAN NOT NULL,
    PRIMARY KEY (batch_id, file),
    FOREIGN KEY(batch_id) REFERENCES batches (id)
);
COMMENT ON TABLE withdrawals IS 'delivered files to take away once no image stands for them';
COMMENT ON COLUMN withdrawals.certain IS 'it was recorded as delivered; else a lost worker may have written it';

ALTER TABLE images ADD COLUMN tag TEXT DEFAULT '' NOT NULL;
COMMENT ON COLUMN images.tag IS 'what the bucket said of the original when it was taken; empty: not asked';

ALTER TABLE workers ADD COLUMN trouble TEXT DEFAULT '' NOT NULL;
COMMENT ON COLUMN workers.trouble IS 'what it cannot do, and how to mend that';

-- The planner reads the first images of each front in order, however many wait behind them.
CREATE INDEX images_front ON images (batch_id, recipe, step, id) WHERE state = 'waiting';
DROP INDEX images_waiting;
