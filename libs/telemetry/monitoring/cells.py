"""Which cell an expression is about: one Prometheus may scrape several, and none is added to another."""

import re

ANY = 'cell=~".*"'
"""In the rules. The chart puts the name of its cell instead, so that two releases record nothing twice."""
CHOSEN = 'cell="$cell"'
"""In the dashboards."""

_METRIC = re.compile(r"\b((?:linli[_:]|process_)[a-z0-9_:]+)(?:\{([^}]*)\})?")


def within(expr: str, matcher: str) -> str:
    """The expression with the matcher at each metric that it names."""
    return _METRIC.sub(lambda found: f"{found[1]}{{{','.join(filter(None, (matcher, found[2])))}}}", expr)
