CREATE TABLE slot_changes (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    slot TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    revision TEXT NOT NULL,
    options JSONB NOT NULL,
    evidence TEXT NOT NULL,
    evidence_id BIGINT,
    is_revert BOOLEAN DEFAULT false NOT NULL,
    why TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);
COMMENT ON TABLE slot_changes IS 'every change of what a slot holds; the newest of a slot holds';
COMMENT ON COLUMN slot_changes.options IS 'of the model, with its defaults written out';
COMMENT ON COLUMN slot_changes.evidence IS 'first, match, rollout or unsafe';
COMMENT ON COLUMN slot_changes.evidence_id IS 'of the match or rollout';
COMMENT ON COLUMN slot_changes.is_revert IS 'it took the previous change back, and has that change''s evidence';
CREATE INDEX slot_changes_newest ON slot_changes (slot, id);

CREATE TABLE matches (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    transform TEXT NOT NULL,
    task TEXT NOT NULL,
    models TEXT[] NOT NULL,
    revisions TEXT[] NOT NULL,
    pictures BIGINT NOT NULL,
    worse TEXT[] NOT NULL,
    sentence TEXT NOT NULL,
    figures JSONB NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);
COMMENT ON TABLE matches IS 'comparisons of two models on the same pictures';
COMMENT ON COLUMN matches.worse IS 'models that are significantly worse in quality or flags';
COMMENT ON COLUMN matches.figures IS 'as the command prints them';
CREATE INDEX matches_models ON matches (task, models);

CREATE TABLE recipe_changes (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    batch_id BIGINT NOT NULL,
    recipe TEXT NOT NULL,
    runs_as TEXT NOT NULL,
    why TEXT NOT NULL,
    person TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (batch_id) REFERENCES batches (id) ON DELETE CASCADE,
    FOREIGN KEY (recipe) REFERENCES recipes (digest),
    FOREIGN KEY (runs_as) REFERENCES recipes (digest)
);
COMMENT ON TABLE recipe_changes IS 'new shards of a batch that follow a recipe run by the newest one that took its place';
COMMENT ON COLUMN recipe_changes.recipe IS 'digest of the recipe that its images follow';
COMMENT ON COLUMN recipe_changes.runs_as IS 'digest of the recipe that its new shards run by';
CREATE INDEX recipe_changes_newest ON recipe_changes (batch_id, recipe, id);
