"""The folded states of long streams, so that reading one need not begin at its first event."""

TABLE = "snapshots"
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS snapshots (
    stream text PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    fingerprint text NOT NULL,
    body bytea NOT NULL
)
"""
