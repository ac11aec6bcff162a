ALTER TABLE steps ADD COLUMN output_mask TEXT;
COMMENT ON COLUMN steps.output_mask IS 'key of the mask it left for later steps';

ALTER TABLE steps ADD COLUMN made_with JSONB DEFAULT '{}' NOT NULL;
COMMENT ON COLUMN steps.made_with IS 'options and weights of the model, hardware, threads and versions of libraries';
