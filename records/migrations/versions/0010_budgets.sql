CREATE TABLE budgets (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    ceiling NUMERIC(20, 9) NOT NULL,
    spent NUMERIC(20, 9) DEFAULT '0' NOT NULL,
    reserved NUMERIC(20, 9) DEFAULT '0' NOT NULL,
    set_by TEXT,
    alarmed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (scope, key),
    CONSTRAINT budgets_reserved CHECK (reserved >= 0)
);
COMMENT ON TABLE budgets IS 'accounts of money, one for each batch, vendor and month, or month that has a limit';
COMMENT ON COLUMN budgets.scope IS 'batch, vendor or month';
COMMENT ON COLUMN budgets.key IS 'id of the batch; vendor and month; month as YYYY-MM';
COMMENT ON COLUMN budgets.ceiling IS 'in the currency of the topology file, as all amounts';
COMMENT ON COLUMN budgets.set_by IS 'the person who set the ceiling by hand; null: the topology file';
COMMENT ON COLUMN budgets.alarmed_at IS 'when its alarm was raised under this ceiling';

CREATE TABLE reservations (
    shard_id BIGINT NOT NULL,
    month TEXT NOT NULL,
    estimates NUMERIC(20, 9)[] NOT NULL,
    remaining NUMERIC(20, 9) NOT NULL,
    PRIMARY KEY (shard_id),
    FOREIGN KEY(shard_id) REFERENCES shards (id) ON DELETE CASCADE
);
COMMENT ON TABLE reservations IS 'what each shard may cost, reserved before it is published';
COMMENT ON COLUMN reservations.month IS 'the month that pays, as YYYY-MM in UTC';
COMMENT ON COLUMN reservations.estimates IS 'of each step of its route';
COMMENT ON COLUMN reservations.remaining IS 'still reserved: of the steps that have not ended';

CREATE TABLE step_totals (
    batch_id BIGINT NOT NULL,
    transform TEXT NOT NULL,
    images BIGINT NOT NULL,
    artifacts BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    cost DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (batch_id, transform),
    FOREIGN KEY(batch_id) REFERENCES batches (id) ON DELETE CASCADE
);
COMMENT ON TABLE step_totals IS 'sums over the steps of each batch, raised in the transaction that records them';
INSERT INTO step_totals
SELECT batch_id, transform, count(*), count(*) FILTER (WHERE verdict = 'flag' AND reasons <> '[]'), sum(seconds),
       sum(cost) FROM steps GROUP BY batch_id, transform;

-- The newest steps of one transform, for estimates.
CREATE INDEX steps_recent ON steps (transform, device, id);

-- The accounts that pay for a shard, locked in one order, so that two transactions never wait for each other.
CREATE FUNCTION change_reserved(batch BIGINT, month_ TEXT, delta NUMERIC) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    vendor_ TEXT;
BEGIN
    IF delta = 0 THEN
        RETURN;
    END IF;
    SELECT vendor INTO vendor_ FROM batches WHERE id = batch;
    PERFORM 1 FROM budgets
    WHERE (scope, key) IN (('batch', batch::text), ('vendor', vendor_ || ' ' || month_), ('month', month_))
    ORDER BY scope, key FOR UPDATE;
    UPDATE budgets SET reserved = reserved + delta
    WHERE (scope, key) IN (('batch', batch::text), ('vendor', vendor_ || ' ' || month_), ('month', month_));
END $$;

CREATE FUNCTION reserve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM change_reserved((SELECT batch_id FROM shards WHERE id = NEW.shard_id), NEW.month, NEW.remaining);
    RETURN NULL;
END $$;
CREATE TRIGGER reservations_reserve AFTER INSERT ON reservations FOR EACH ROW EXECUTE FUNCTION reserve();

-- Whatever ends a step or a shard gives back what was reserved for it: no path of the code can leave it out.
CREATE FUNCTION give_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held reservations;
    after NUMERIC := 0;
BEGIN
    SELECT * INTO held FROM reservations WHERE shard_id = NEW.id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.state = 'open' THEN
        SELECT coalesce(sum(estimate), 0) INTO after FROM unnest(held.estimates[NEW.at + 1:]) AS estimate;
    END IF;
    IF after <> held.remaining THEN
        UPDATE reservations SET remaining = after WHERE shard_id = NEW.id;
        PERFORM change_reserved(NEW.batch_id, held.month, after - held.remaining);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER shards_give_back AFTER UPDATE OF at, state ON shards FOR EACH ROW EXECUTE FUNCTION give_back();
