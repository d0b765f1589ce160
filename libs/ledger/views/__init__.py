"""Views: tables folded from the ledger, the projector that keeps them, and rebuilding."""
