ALTER TABLE rollouts ADD COLUMN options JSONB DEFAULT '{}' NOT NULL;
COMMENT ON COLUMN rollouts.options IS 'of the candidate, with its defaults written out';
