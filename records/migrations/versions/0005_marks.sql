ALTER TABLE templates ADD COLUMN mark JSONB;
COMMENT ON COLUMN templates.mark IS 'all that is laid over the photos there; null where they do not agree';
