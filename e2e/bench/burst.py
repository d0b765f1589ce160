"""A storm: ten times as many people as usual for half a minute, and how long a case takes afterwards."""

import time

from e2e.bench.callers import Callers
from e2e.bench.figures import Figure
from e2e.bench.ground import Ground

PEOPLE = 8
"""In each of four processes, on a usual day."""
CROWD = 10 * PEOPLE
_CALM = 8.0
"""How much more than the usual load the platform could do."""
_LASTS, _RECOVERS = 30.0, 10.0


def measure(ground: Ground) -> Figure:
    """Whole lives of cases at an eighth of what `linli up` can do; ten times that; and the eighth again.

    People try again where they are refused for the moment, as the manual says. Any other error ends it.
    """
    ground.replayed()
    usual = 5.0 if ground.quick else 15.0
    with ground.platform() as platform, Callers(ground.served(platform), PEOPLE) as callers:
        callers.run("lifecycle", 2.0)
        can = callers.run("lifecycle", usual / 2).rate
        every = _CALM * 4 * PEOPLE / can
        before = callers.run("outlasting", usual, every=every)
        began = time.monotonic()
        burst = callers.run("outlasting", _LASTS, every=every, threads=CROWD)
        late = time.monotonic() - began - _LASTS
        if late < _RECOVERS:
            callers.run("outlasting", _RECOVERS - late, every=every)
        after = callers.run("outlasting", usual, every=every)
    ratio = after.median / before.median
    return Figure(
        name=f"{_LASTS:.0f} s with {4 * CROWD} people instead of {4 * PEOPLE}, linli up",
        measured=f"{burst.rate:,.0f} lives/s in it, median {burst.median:.1f} s, p99 {burst.p99:.1f} s;"
        f" {burst.refused} of {6 * len(burst.seconds):,} calls were refused for the moment and sent again;"
        f" the last was answered {max(0.0, late):.1f} s after its end; {max(late, _RECOVERS):.0f} s after it"
        f" a life took {1000 * after.median:.0f} ms, p99 {1000 * after.p99:.0f} ms",
        baseline=f"the same people before: {before.rate:,.0f}/s of {can:,.0f}/s that it can do,"
        f" {1000 * before.median:.0f} ms, p99 {1000 * before.p99:.0f} ms",
        ratio=ratio,
        goal="1.2 or less",
        reached=ratio <= 1.2 and late < _RECOVERS,
        busy=str(burst.usage),
        limit="the one process; what waits, waits in its queue of calls and with the callers",
    )
