"""Two tiny services, complete in all parts, by which the plumbing is tested: a counter and its tally."""
