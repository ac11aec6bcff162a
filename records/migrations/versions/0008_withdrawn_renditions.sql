ALTER TABLE withdrawals ADD COLUMN renditions TEXT[] DEFAULT '{}' NOT NULL;
COMMENT ON COLUMN withdrawals.renditions IS 'paths of the files beside it that go with it';
