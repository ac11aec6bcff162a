ALTER TABLE shards ADD COLUMN images_done INTEGER DEFAULT '0' NOT NULL;
COMMENT ON COLUMN shards.images_done IS 'in the step under way';

CREATE TABLE forgotten_batches (
    id BIGINT NOT NULL,
    vendor TEXT NOT NULL,
    upload TEXT NOT NULL,
    recipe TEXT NOT NULL,
    images BIGINT NOT NULL,
    generated BIGINT NOT NULL,
    delivered TEXT NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    forgotten_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(recipe) REFERENCES recipes (digest)
);
COMMENT ON TABLE forgotten_batches IS 'batches whose records a person had removed';
COMMENT ON COLUMN forgotten_batches.generated IS 'images with generated content';
COMMENT ON COLUMN forgotten_batches.delivered IS 'folder of the delivered files and their manifest';

CREATE TABLE forgotten_objects (
    key TEXT NOT NULL,
    PRIMARY KEY (key)
);
COMMENT ON TABLE forgotten_objects IS 'keys that forgotten records named; the objects go once no record names them';
