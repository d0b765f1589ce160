"""What the import itself came to, as text: rows, cases, rules applied, commands sent, helpers."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from e2e.city.report import WIDTH, tally

Summary = dict[str, Any]
"""As `make run` keeps it beside the data, to be shown again at the next start."""


def lines(summary: Summary, *, again: bool) -> Iterator[str]:
    """The import; `again`: it was finished by an earlier start, and its figures are of that run."""
    refused, not_told = summary["refused"], summary["not_told"]
    yield f"The import: {summary['rows']:,} rows, {summary['told']:,} cases, {len(refused)} rows refused,"
    yield f"{len(not_told)} cases not told to the end."
    yield from wrapped(_sent(summary, again=again))
    yield "Rows that were not clean, by the rule that was applied:"
    yield from tally(summary["rules"].items())
    for line, number, rule, detail in refused:
        yield from wrapped(f"  line {line} ({number}): {rule}: {detail}")
    for number, rpc, why in not_told:
        yield from wrapped(f"  {number}: {rpc}: {why}")
    yield from wrapped(_helpers(summary["helped"]))


def wrapped(text: str) -> Sequence[str]:
    """The text in lines that are not too long; what follows the first is set in."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent="    " if text.startswith(" ") else "",
        break_on_hyphens=False, break_long_words=False, drop_whitespace=True,
    )  # fmt: skip


def _sent(summary: Summary, *, again: bool) -> str:
    commands, seconds = summary["commands"], summary["seconds"]
    rate = f" ({commands / seconds:.0f}/s)" if seconds else ""
    which = "The run that finished it" if again else "This run"
    text = f"{which} sent {commands:,} commands in {seconds:.0f} s{rate} on {summary['cores']} cores"
    if summary["earlier"] or summary["repeated"]:
        text += (
            f"; {summary['earlier']:,} cases were there already from an earlier run and not sent again, "
            f"{summary['repeated']:,} commands were repeated and answered as the first time"
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
