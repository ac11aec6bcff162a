CREATE TABLE webhooks (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    url TEXT NOT NULL,
    events TEXT[] NOT NULL,
    format TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
COMMENT ON TABLE webhooks IS 'who is told of events';
COMMENT ON COLUMN webhooks.url IS 'https:// or mailto:';
COMMENT ON COLUMN webhooks.events IS 'see records.webhooks.events.Event';
COMMENT ON COLUMN webhooks.format IS 'standard, slack or email';
COMMENT ON COLUMN webhooks.secret IS 'that messages are signed with, as whsec_BASE64';

CREATE TABLE webhook_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    data JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    announced_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id)
);
CREATE INDEX webhook_events_due ON webhook_events (due_at) WHERE announced_at IS NULL;
COMMENT ON TABLE webhook_events IS 'what happened, written by triggers while there is a webhook';
COMMENT ON COLUMN webhook_events.subject IS 'what it is about, so that a short trouble is left out';
COMMENT ON COLUMN webhook_events.due_at IS 'when it is announced';
COMMENT ON COLUMN webhook_events.announced_at IS 'when its deliveries were recorded';

CREATE TABLE webhook_deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    webhook_id BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now(),
    sent_at TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    status INTEGER,
    error TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (webhook_id) REFERENCES webhooks (id),
    FOREIGN KEY (event_id) REFERENCES webhook_events (id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, id);
COMMENT ON TABLE webhook_deliveries IS 'an event for one webhook, and what became of it';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'times sent';
COMMENT ON COLUMN webhook_deliveries.due_at IS 'when it is sent next; null: never again by itself';
COMMENT ON COLUMN webhook_deliveries.sent_at IS 'the last time';
COMMENT ON COLUMN webhook_deliveries.status IS 'of the last answer';

-- An event is written in the transaction that makes it true, so it is neither lost nor announced too early.
CREATE FUNCTION announce(kind_ TEXT, subject_ TEXT, data_ JSONB, pause INTERVAL DEFAULT '0') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_events (kind, subject, data, due_at)
    SELECT kind_, subject_, data_, now() + pause
    WHERE EXISTS (SELECT FROM webhooks WHERE removed_at IS NULL AND kind_ = ANY(events));
END $$;

CREATE FUNCTION announce_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counts JSONB;
    kind TEXT := CASE WHEN NEW.state = 'done' THEN 'batch.done'
                      WHEN NEW.halted_at_step IS NOT NULL OR NEW.halt_reason LIKE 'probe:%' THEN 'batch.tripped'
                      ELSE 'batch.halted' END;
BEGIN
    SELECT coalesce(jsonb_object_agg(state, images), '{}') INTO counts FROM (
        SELECT state, sum(images) AS images FROM image_counts WHERE batch_id = NEW.id AND images > 0 GROUP BY state
    ) AS by_state;
    PERFORM announce(kind, 'batch ' || NEW.id, jsonb_build_object(
        'batch', NEW.id, 'vendor', NEW.vendor, 'upload', NEW.upload, 'images', NEW.images, 'by_state', counts,
        'judged', NEW.judged, 'artifacts', NEW.artifacts, 'reason', NEW.halt_reason, 'delivered', NEW.out));
    RETURN NULL;
END $$;
CREATE TRIGGER batches_announced AFTER UPDATE OF state ON batches FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('done', 'halted')) EXECUTE FUNCTION announce_batch();

-- Once for each batch as long as images of it wait: not for every image, and not again while people work on the pile.
CREATE FUNCTION announce_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhooks WHERE removed_at IS NULL AND 'review.waiting' = ANY(events))
       OR EXISTS (SELECT FROM image_counts WHERE batch_id = NEW.batch_id AND state = 'flagged' AND images > 0
                  AND reason <> NEW.reason)
       OR EXISTS (SELECT FROM webhook_events WHERE kind = 'review.waiting' AND subject = 'batch ' || NEW.batch_id
                  AND announced_at IS NULL) THEN
        RETURN NULL;
    END IF;
    PERFORM announce('review.waiting', 'batch ' || id,
                     jsonb_build_object('batch', id, 'vendor', vendor, 'upload', upload, 'images', images))
    FROM batches WHERE id = NEW.batch_id;
    RETURN NULL;
END $$;
CREATE TRIGGER image_counts_inserted_announced AFTER INSERT ON image_counts FOR EACH ROW
    WHEN (NEW.state = 'flagged' AND NEW.images > 0) EXECUTE FUNCTION announce_review();
CREATE TRIGGER image_counts_updated_announced AFTER UPDATE ON image_counts FOR EACH ROW
    WHEN (NEW.state = 'flagged' AND OLD.images = 0 AND NEW.images > 0) EXECUTE FUNCTION announce_review();

CREATE FUNCTION announce_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM announce('budget.near', NEW.scope || ' ' || NEW.key, jsonb_build_object(
        'scope', NEW.scope, 'key', NEW.key, 'ceiling', NEW.ceiling, 'spent', NEW.spent, 'reserved', NEW.reserved));
    RETURN NULL;
END $$;
CREATE TRIGGER budgets_announced AFTER UPDATE OF alarmed_at ON budgets FOR EACH ROW
    WHEN (OLD.alarmed_at IS NULL AND NEW.alarmed_at IS NOT NULL) EXECUTE FUNCTION announce_budget();

-- A trouble that is over within a minute is not announced, neither its beginning nor its end.
CREATE FUNCTION announce_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about troubles;
    data JSONB;
BEGIN
    IF TG_OP = 'INSERT' THEN
        about := NEW;
    ELSE
        about := OLD;
    END IF;
    data := jsonb_build_object('kind', about.kind, 'subject', about.subject, 'sentence', about.sentence,
                               'since', about.since, 'batch', about.batch_id);
    IF TG_OP = 'INSERT' THEN
        PERFORM announce('trouble.begun', 'trouble ' || about.id, data, '60 seconds');
        RETURN NULL;
    END IF;
    DELETE FROM webhook_events
    WHERE kind = 'trouble.begun' AND subject = 'trouble ' || about.id AND announced_at IS NULL;
    IF NOT FOUND THEN
        PERFORM announce('trouble.ended', 'trouble ' || about.id, data);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER troubles_begun_announced AFTER INSERT ON troubles FOR EACH ROW
    WHEN (NEW.kind NOT IN ('arriving', 'budget')) EXECUTE FUNCTION announce_trouble();
CREATE TRIGGER troubles_ended_announced AFTER DELETE ON troubles FOR EACH ROW
    WHEN (OLD.kind NOT IN ('arriving', 'budget')) EXECUTE FUNCTION announce_trouble();
