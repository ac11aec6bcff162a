CREATE TABLE tokens (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    digest TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT tokens_digest UNIQUE (digest)
);
CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked_at IS NULL;
COMMENT ON TABLE tokens IS 'credentials of programs that use the HTTP API';
COMMENT ON COLUMN tokens.name IS 'of the program, as in events.actor behind api:';
COMMENT ON COLUMN tokens.scopes IS 'see records.access.tokens.Scope';
COMMENT ON COLUMN tokens.digest IS 'SHA-256 of the token, which is stored nowhere';
COMMENT ON COLUMN tokens.used_at IS 'to the minute';

CREATE TABLE signing_keys (
    purpose TEXT NOT NULL,
    secret BYTEA NOT NULL,
    PRIMARY KEY (purpose)
);
COMMENT ON TABLE signing_keys IS 'secrets that all processes of the line share';

CREATE TABLE idempotency_keys (
    token_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER,
    body JSONB,
    begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (token_id, key),
    FOREIGN KEY (token_id) REFERENCES tokens (id)
);
COMMENT ON TABLE idempotency_keys IS 'requests that are carried out once, however often they are sent';
COMMENT ON COLUMN idempotency_keys.fingerprint IS 'SHA-256 of the request';
COMMENT ON COLUMN idempotency_keys.status IS 'of the answer; null while the request is processed';

CREATE TABLE transfers (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    token_id BIGINT NOT NULL,
    prefix TEXT NOT NULL,
    recipe TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (id),
    CONSTRAINT transfers_prefix UNIQUE (prefix),
    FOREIGN KEY (token_id) REFERENCES tokens (id)
);
COMMENT ON TABLE transfers IS 'uploads that programs send by parts or name in the bucket';
COMMENT ON COLUMN transfers.prefix IS 'of the upload in the bucket';
