"""One stream at a time: fold, decide, append; cached states and snapshots."""
