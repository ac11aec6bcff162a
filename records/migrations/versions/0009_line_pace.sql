ALTER TABLE shards ADD COLUMN images_done INTEGER DEFAULT '0' NOT NULL;
COMMENT ON COLUMN shards.images_done IS 'in the step under way';
