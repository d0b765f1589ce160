"""The ledger on PostgreSQL: tables, recorder, group commit, reading, and the schema's steps."""
