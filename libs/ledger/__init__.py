"""The event ledger: decide, append, fold."""
