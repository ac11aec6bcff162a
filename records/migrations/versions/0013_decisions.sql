CREATE TABLE decisions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    image_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    before JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    undo_by TEXT,
    undone_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    FOREIGN KEY (image_id) REFERENCES images (id)
);
CREATE INDEX decisions_image ON decisions (image_id, id);
CREATE INDEX decisions_actor ON decisions (actor, id);
CREATE INDEX decisions_to_undo ON decisions (id) WHERE undo_by IS NOT NULL AND undone_at IS NULL;
COMMENT ON TABLE decisions IS 'what people decided about images';
COMMENT ON COLUMN decisions.kind IS 'accept, keep, reject, requeue or rollback';
COMMENT ON COLUMN decisions.actor IS 'as in events.actor';
COMMENT ON COLUMN decisions.before IS 'columns of the image before it, to undo it';
COMMENT ON COLUMN decisions.undo_by IS 'who ordered to undo it';

CREATE TRIGGER decisions_wake AFTER UPDATE OF undo_by ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION wake_scheduler();

-- Undoing a decision puts an image back to where it was, wherever it has come to meanwhile.
INSERT INTO image_moves (old, new) VALUES
    ('delivered', 'failed'),
    ('delivered', 'rejected'),
    ('discarded', 'failed'),
    ('discarded', 'rejected'),
    ('failed', 'rejected'),
    ('flagged', 'failed'),
    ('flagged', 'rejected'),
    ('held', 'discarded'),
    ('held', 'failed'),
    ('held', 'flagged'),
    ('held', 'rejected'),
    ('rejected', 'discarded'),
    ('rejected', 'failed'),
    ('rejected', 'flagged'),
    ('waiting', 'discarded'),
    ('waiting', 'flagged'),
    ('waiting', 'rejected');
