CREATE TABLE sessions (
    digest TEXT NOT NULL,
    person TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (digest)
);
COMMENT ON TABLE sessions IS 'logins of people at the desk that have not ended';
COMMENT ON COLUMN sessions.digest IS 'SHA-256 of the cookie';
COMMENT ON COLUMN sessions.credential IS 'digest of what the person logged in by; the session ends when that changes';
