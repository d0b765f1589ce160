"""What an import came to, in sentences: rows, rules, problems, cases."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.command.imports.checking import SHOWN, Checked
from services.command.imports.ground import Ground
from services.command.imports.loading import Loaded
from services.command.imports.mapping import Map
from services.command.imports.report.tables import share, tally, wrapped
from services.command.imports.rules import Rule
from services.command.imports.telling import Listed

_MOST = 10
_WORDS = 40
_DETAIL = 160


def of_check(checked: Checked, by: Map, ground: Ground) -> Iterator[str]:
    """The file, as it would be loaded."""
    yield from wrapped(
        f"{checked.rows:,} rows: {checked.requests:,} can be loaded, {checked.refused:,} would be refused,"
        f" {checked.skipped:,} skipped."
    )
    if checked.first is not None and checked.last is not None and checked.until is not None:
        yield from wrapped(
            f"Opened from {_day(checked.first, by)} to {_day(checked.last, by)}; the last moment named is"
            f" {_day(checked.until, by)} ({by.zone})."
        )
        states = ", ".join(f"{count:,} {state}" for state, count in checked.states.most_common())
        yield from wrapped(f"By state: {states}.")
        without = f"{checked.without_area:,} ({share(checked.without_area, checked.requests)})"
        yield from wrapped(f"{without} lie in no area of their own: filed under {by.place.without}.")
    if checked.rules:
        yield "Rows that are not clean, by rule (its name in the map first):"
        yield from tally(
            (f"{rule.value}: {rule.sentence(action)}", count)
            for (rule, action), count in checked.rules.items()
        )
    if checked.unknown:
        yield "Words that name nothing, and in how many rows:"
        yield from _unknown(checked, ground)
    if checked.problems:
        more = checked.refused - len(checked.problems)
        yield f"Rows that would be refused (the first {SHOWN}):" if more else "Rows that would be refused:"
        for left in checked.problems:
            column = f", column {left.column}" if left.column else ""
            number = f" ({left.number})" if left.number else ""
            sentence = left.rule.sentence(left.action).removesuffix(": refused")
            yield from wrapped(f"  row {left.line}{column}{number}: {sentence}: {left.detail[:_DETAIL]}")


def _unknown(checked: Checked, ground: Ground) -> Iterator[str]:
    """The words that name nothing, and what there is: what to write into the map."""
    there = {
        Rule.UNKNOWN_AFFAIR: ground.affairs,
        Rule.UNKNOWN_OWNER: ground.bodies,
        Rule.UNKNOWN_AREA: ground.areas,
    }
    for rule in dict.fromkeys(rule for rule, _ in checked.unknown):
        words = Counter({word: count for (of, word), count in checked.unknown.items() if of is rule})
        shown = ", ".join(f"{word} ({count:,})" for word, count in words.most_common(_WORDS))
        more = f", and {len(words) - _WORDS:,} more" if len(words) > _WORDS else ""
        yield from wrapped(f"  {rule.value}: {shown}{more}")
        if rule in there:
            known = list(there[rule])
            more = ", ..." if len(known) > _WORDS else ""
            yield from wrapped(f"    (the platform knows: {', '.join(known[:_WORDS]) or 'none'}{more})")


def _day(moment: datetime, by: Map) -> str:
    return f"{moment.astimezone(ZoneInfo(by.zone)):%Y-%m-%d %H:%M}"


def of_load(loaded: Loaded, checked: Checked, *, finish: bool) -> Iterator[str]:
    """What was done."""
    told = loaded.told
    yield from wrapped(
        f"The import: {checked.rows:,} rows; {told.opened:,} cases opened, {told.advanced:,} brought up to"
        f" date, {told.unchanged:,} unchanged, {told.past:,} with a past that differs, {told.failed:,} not"
        f" told to the end, {checked.refused:,} rows refused, {checked.skipped:,} skipped."
    )
    steps, seconds = sum(told.steps.values()), told.seconds
    if steps and seconds:
        yield from wrapped(
            f"This run told {steps:,} steps in {seconds:.0f} s ({told.told / seconds:.0f} requests/s)"
            f" from a machine of {os.cpu_count()} cores."
        )
    if finish and told.failed:
        yield from wrapped(
            f"The cases were not handed over: {told.failed:,} requests were not told to the end; run the same"
            " command again, or skip them in the map."
        )
    elif finish:
        yield from wrapped(f"{loaded.released:,} cases were handed over to the running clocks.")
    else:
        yield from wrapped(
            "Cases that no run with --finish has handed over are held from the running clocks, so that a"
            " later file can bring them up to date. When the history is complete, run the same command with"
            " --finish."
        )
    yield from _listed(
        "The file tells the past otherwise; the platform's account stands:", told.changed_past, told.past
    )
    yield from _listed("Not told to the end, with the platform's reason:", told.not_told, told.failed)


def _listed(title: str, listed: Sequence[Listed], count: int) -> Iterator[str]:
    if not count:
        return
    yield title
    for one in listed[:_MOST]:
        yield from wrapped(f"  row {one.line} ({one.number}): {one.why[:_DETAIL]}")
    if count > _MOST:
        yield f"  and {count - _MOST:,} more"
