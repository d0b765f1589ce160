"""What the import itself came to, as text: rows, cases, rules applied, steps told, helpers."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from e2e.city.helpers import Helped
from e2e.city.replay import Replayed
from e2e.city.rows import Refused, Request
from e2e.city.source import DONE
from services.command.imports.report.board import Period
from services.command.imports.report.tables import tally, wrapped

Summary = dict[str, Any]
"""As `make run` keeps it beside the data, to be shown again at the next start."""

SHOWN = 10
"""So many rows of a kind stand in the report; all of them are kept beside the data."""
_DETAIL = 200


def summed_up(outcomes: Sequence[Request | Refused], replayed: Replayed) -> Summary:
    """What came of the rows of a file."""
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    requests = [outcome for outcome in outcomes if isinstance(outcome, Request)]
    created = [request.created for request in requests]
    return {
        "rows": len(outcomes),
        "told": len(replayed.cases),
        "first": min(created).isoformat(),
        "last": max(created).isoformat(),
        "until": max(request.ended or request.created for request in requests).isoformat(),
        "refused": [[row.line, row.number, row.rule.value, row.detail] for row in refused],
        "not_told": replayed.refused,
        "rules": dict(Counter(rule.value for request in requests for rule in request.rules)),
        "earlier": replayed.earlier,
        "commands": sum(replayed.commands.values()),
        "repeated": sum(replayed.repeated.values()),
        "seconds": replayed.seconds,
        "cores": os.cpu_count(),
    }


def helped_by(volunteers: int, helped: Helped) -> Summary:
    """What came of the needs."""
    return {
        "volunteers": volunteers, "needs": helped.needs, "proposed": helped.proposed,
        "covered": helped.covered, "bound": helped.bound, "accepted": helped.accepted,
        "declined": helped.declined, "minutes": helped.minutes, "reasons": dict(helped.reasons),
    }  # fmt: skip


def period(summary: Summary) -> Period:
    """When the file's requests were created and ended."""
    first, last, until = (datetime.fromisoformat(summary[word]) for word in ("first", "last", "until"))
    return Period(first=first, last=last, until=until)


def lines(summary: Summary, *, again: bool) -> Iterator[str]:
    """The import; `again`: it was finished by an earlier start, and its figures are of that run."""
    refused, not_told = summary["refused"], summary["not_told"]
    yield f"The import: {summary['rows']:,} rows, {summary['told']:,} cases, {len(refused)} rows refused,"
    yield f"{len(not_told)} cases not told to the end."
    yield from wrapped(_sent(summary, again=again))
    yield "Rows that were not clean, by the rule that was applied:"
    yield from tally(summary["rules"].items())
    if refused:
        yield f"Rows refused (the first {SHOWN} of each kind; {DONE} in the data folder has all):"
    yield from _first_of_each(
        refused, lambda row: row[2], lambda row: f"line {row[0]} ({row[1]}): {row[2]}: {_cut(row[3])}"
    )
    if not_told:
        yield "Cases not told to the end, with the platform's reason:"
    yield from _first_of_each(
        not_told,
        lambda case: f"{case[1]}: {case[2].partition(':')[0]}",
        lambda case: f"{case[0]}: {case[1]}: {_cut(case[2])}",
    )
    yield from wrapped(_helpers(summary["helped"]))


def _first_of_each(
    listed: Iterable[Sequence[Any]],
    kind: Callable[[Sequence[Any]], str],
    shown: Callable[[Sequence[Any]], str],
) -> Iterator[str]:
    """The first ten of each kind, in order; then how many more there are of each that has more."""
    seen: Counter[str] = Counter()
    for one in listed:
        seen[kind(one)] += 1
        if seen[kind(one)] <= SHOWN:
            yield from wrapped(f"  {shown(one)}")
    for of, count in seen.most_common():
        if count > SHOWN:
            yield from wrapped(f"  and {count - SHOWN:,} more: {of}")


def _cut(detail: str) -> str:
    return detail if len(detail) <= _DETAIL else f"{detail[:_DETAIL]}…"


def _sent(summary: Summary, *, again: bool) -> str:
    commands, seconds = summary["commands"], summary["seconds"]
    rate = f" ({commands / seconds:.0f}/s)" if seconds else ""
    which = "The run that finished it" if again else "This run"
    text = f"{which} told {commands:,} steps in {seconds:.0f} s{rate} on {summary['cores']} cores"
    if summary["earlier"] or summary["repeated"]:
        text += (
            f"; {summary['earlier']:,} cases were there already from an earlier run and not sent again, "
            f"{summary['repeated']:,} steps were repeated and answered as the first time"
        )
    if summary.get("cluster"):
        return f"{text}, shared by nine processes of the services, RabbitMQ, PostgreSQL and the sender."
    return (
        f"{text}. One Python process runs all five services, and its one interpreter is what it waited for "
        "(`make bench` says where the time goes)."
    )


def _helpers(helped: Summary) -> str:
    return (
        f"Helpers: {helped['volunteers']} MADE volunteers; {helped['needs']} needs of assisted reporters "
        f"(1 in 100 of bulky items, by a fixed rule): {helped['proposed']} matched (priority "
        f"{helped['covered']} of a proven bound of {helped['bound']}), {helped['accepted']} accepted, "
        f"{helped['declined']} declined, {helped['minutes'] / 60:.0f} hours given."
    )
