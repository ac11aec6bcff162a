ALTER TABLE images ADD COLUMN severity REAL DEFAULT 0 NOT NULL;
ALTER TABLE images ADD COLUMN template BIGINT;
COMMENT ON COLUMN images.severity IS 'how far beyond its limit it was flagged, as a share of the limit';
COMMENT ON COLUMN images.template IS 'vendor template of a region of it, when it was flagged';

CREATE INDEX images_severity ON images (batch_id, reason, severity, id) WHERE state = 'flagged';
CREATE INDEX images_similar ON images (batch_id, reason, template, severity, id)
    WHERE state = 'flagged' AND template IS NOT NULL;

-- Images that are flagged now, as records.grid.severity says of those that are flagged from here on.
UPDATE images SET
    severity = coalesce(worst.severity, 0),
    template = CAST(CAST(jsonb_path_query_first(facts, '$.regions[*].template ? (@ != null)') AS text) AS bigint)
FROM (
    SELECT flagged.id, (
        SELECT max(CASE
            WHEN jsonb_typeof(broken -> 'value') IS DISTINCT FROM 'number' THEN 1000
            WHEN highest IS NOT NULL AND reading > highest
                THEN CASE highest WHEN 0 THEN 1000 ELSE least(1000, (reading - highest) / abs(highest)) END
            WHEN lowest IS NOT NULL AND reading < lowest
                THEN CASE lowest WHEN 0 THEN 1000 ELSE least(1000, (lowest - reading) / abs(lowest)) END
            ELSE 0 END)
        FROM jsonb_array_elements(last.reasons) AS limits(broken)
        CROSS JOIN LATERAL (SELECT
            CAST(broken ->> 'value' AS double precision) AS reading,
            CAST(broken -> 'limit' ->> 'at_most' AS double precision) AS highest,
            CAST(broken -> 'limit' ->> 'at_least' AS double precision) AS lowest) AS ends
        WHERE jsonb_typeof(broken -> 'limit') = 'object') AS severity
    FROM images AS flagged
    LEFT JOIN LATERAL (
        SELECT reasons FROM steps WHERE steps.image_id = flagged.id ORDER BY id DESC LIMIT 1) AS last ON true
    WHERE flagged.state = 'flagged') AS worst
WHERE images.id = worst.id;

CREATE TABLE bulk_answers (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    actor TEXT NOT NULL,
    choice TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
);
COMMENT ON TABLE bulk_answers IS 'one answer of a person to many images at once';
COMMENT ON COLUMN bulk_answers.actor IS 'as in events.actor';

ALTER TABLE decisions ADD COLUMN bulk_id BIGINT REFERENCES bulk_answers (id);
COMMENT ON COLUMN decisions.bulk_id IS 'the answer to many images that it is part of';
CREATE INDEX decisions_bulk ON decisions (bulk_id, id) WHERE bulk_id IS NOT NULL;
