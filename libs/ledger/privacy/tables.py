"""The tables of the keys, in the database of the ledger. Only `migrate` creates them."""

IN_BUCKET = "subject_keys_in_bucket"
"""The constraint by which no key is stored in a bucket that is retired."""

TABLES = ("key_buckets", "subject_keys", "retired_buckets", "bucket_keys")

BUCKET_KEYS = """
CREATE TABLE IF NOT EXISTS bucket_keys (
    service text NOT NULL,
    bucket bytea NOT NULL,
    wrapped bytea NOT NULL,
    members bytea NOT NULL,
    PRIMARY KEY (service, bucket)
);
"""
"""Where the keys of buckets lie, if they lie in a database: best in one of its own."""

CREATE_TABLES = f"""
CREATE TABLE IF NOT EXISTS key_buckets (
    bucket bytea PRIMARY KEY,
    opened_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS subject_keys (
    subject text PRIMARY KEY,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    bucket bytea GENERATED ALWAYS AS (
        CASE WHEN subject <> '!digest' THEN substring(wrapped FROM 2 FOR 16) END
    ) STORED CONSTRAINT {IN_BUCKET} REFERENCES key_buckets,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS subject_keys_by_bucket ON subject_keys (bucket);
CREATE TABLE IF NOT EXISTS retired_buckets (
    bucket bytea PRIMARY KEY,
    heir bytea,
    retired_at timestamptz NOT NULL DEFAULT now()
);
{BUCKET_KEYS}
"""
