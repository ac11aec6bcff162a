ALTER TABLE batches ADD COLUMN searched_at TIMESTAMP WITH TIME ZONE;
COMMENT ON COLUMN batches.searched_at IS 'when its last step that searches for text ended';
UPDATE batches SET searched_at = finished_at;
DROP INDEX batches_unsurveyed;
CREATE INDEX batches_unsurveyed ON batches (id) WHERE surveyed_at IS NULL OR surveyed_at < searched_at;
