"""How often the right affair is among those suggested: on the later half of two cities' files.

What was learnt comes from the earlier half, by the rules of the platform (`adapters/learned.py`): a word
counts where five people of an area used it for the same affair (for Boston's short file, one), of each
affair the newest cases teach, and of a long text fewer areas are asked. The baseline is what needs no text:
the affairs that were most frequent in the earlier half, always the same three. Neither file has the words of
residents. Los Angeles's has an address; Boston's hundred requests have what workers wrote when they closed
them. So neither figure says how well the words of residents are understood.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from e2e.bench.figures import Figure
from e2e.bench.ground import Ground
from e2e.city.los_angeles import AFFAIRS, DATA, REQUESTS, areas
from e2e.city.rows import Request
from e2e.city.source import read_requests
from libs.query.sought import terms
from libs.rules.areas import NOWHERE, AreaPath
from services.cases.adapters.learned import FEWEST, NEWEST, Lesson, newest_of_each
from services.cases.domain.suggesting import Heard, Named, suggest

BOSTON = DATA / "boston311-100.csv"
_HOW_IT_CLOSED = re.compile(r"Case Closed\. Closed date : (\w{3} \w{3} \d\d [\d:]+ \w+ \d{4}|\S+ \S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text, where it was told, and the affair that the city filed it under."""

    words: Sequence[str]
    area: AreaPath
    affair_id: str


def measure(_ground: Ground) -> list[Figure]:
    """The figures of both files."""
    los_angeles = _los_angeles()
    affairs = [Named(affair_id=each.name, words=_words(each.name)) for each in AFFAIRS]
    names = [Told(words=sorted(each.words), area=NOWHERE, affair_id=each.affair_id) for each in affairs]
    boston = _boston()
    found = sorted({each.affair_id for each in boston})
    types = [Named(affair_id=name, words=_words(name)) for name in found]
    return [
        _figure("Los Angeles, by the address alone", affairs, los_angeles),
        _figure("Boston, by what workers wrote at the end", types, boston, fewest=1),
        _cold("Los Angeles, its affairs by their own names, no cases", affairs, names),
        _cold("Boston, by what workers wrote at the end, no cases", types, boston),
    ]


def _figure(name: str, affairs: Sequence[Named], told: Sequence[Told], fewest: int = FEWEST) -> Figure:
    earlier, later = told[: len(told) // 2], told[len(told) // 2 :]
    usual = [affair for affair, _ in Counter(each.affair_id for each in earlier).most_common(3)]
    numbers: dict[str, int] = defaultdict(count().__next__)
    lesson = _lesson(earlier, len(affairs), fewest, numbers)
    answers = []
    for each in later:
        terms = [numbers[word] for word in each.words]
        heard = lesson.heard(each.words, each.area, lambda _, terms=terms: terms)  # type: ignore[misc]  # bound at once
        heard = replace(heard, hidden=fewest - 1)
        answers.append([found.affair_id for found in suggest(each.words, affairs, heard)])
    return _compared(name, later, answers, [usual] * len(later))


def _cold(name: str, affairs: Sequence[Named], told: Sequence[Told]) -> Figure:
    answers = [[found.affair_id for found in suggest(each.words, affairs, Heard())] for each in told]
    return _compared(name, told, answers, [[]] * len(told))


def _compared(
    name: str, told: Sequence[Told], answers: Sequence[Sequence[str]], usual: Sequence[Sequence[str]]
) -> Figure:
    silent = sum(not each for each in answers)
    return Figure(
        name=f"suggest: {name}",
        measured=f"{_hits(told, answers)}; no suggestion for {silent}",
        baseline=f"the most frequent affairs of the earlier half: {_hits(told, usual)}" if any(usual) else "",
    )


def _hits(told: Sequence[Told], answers: Sequence[Sequence[str]]) -> str:
    pairs = list(zip(told, answers, strict=True))
    first = sum(each.affair_id in answer[:1] for each, answer in pairs)
    three = sum(each.affair_id in answer for each, answer in pairs)
    return f"first {first:,}, among three {three:,} of {len(told):,} ({three / len(told):.1%})"


def _lesson(cases: Sequence[Told], affairs: int, fewest: int, numbers: Mapping[str, int]) -> Lesson:
    """What the platform would have learnt from cases, each told by somebody else.

    `numbers`: of words, in place of their terms, which differ by area.
    """
    taught = Counter[str]()
    people: Counter[tuple[AreaPath, int | None, str]] = Counter()
    for each in reversed(cases):
        taught[each.affair_id] += 1
        if taught[each.affair_id] <= newest_of_each(affairs):
            terms = {None, *(numbers[word] for word in each.words)}
            people.update((each.area, term, each.affair_id) for term in terms)
    said = [
        {"area_path": area, "term": term, "affair_id": affair_id, "people": number}
        for (area, term, affair_id), number in people.items()
        if term is None or number >= fewest
    ]
    lately = Counter((each.area, each.affair_id) for each in cases[-NEWEST:])
    often = [
        {"area_path": area, "affair_id": affair_id, "people": number}
        for (area, affair_id), number in lately.items()
    ]
    return Lesson.of(said, often)


def _los_angeles() -> list[Told]:
    councils = frozenset(each.area_id for each in areas())
    read = read_requests(REQUESTS, councils)
    requests = sorted(
        (each for each in read if isinstance(each, Request)), key=lambda each: (each.created, each.number)
    )
    return [
        Told(
            words=list(terms([each.address])),
            area=AreaPath(each.filed_under or each.council),
            affair_id=each.affair,
        )
        for each in requests
    ]


def _boston() -> list[Told]:
    with BOSTON.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: datetime.fromisoformat(row["open_dt"]))
    texts = [(row, _HOW_IT_CLOSED.sub("", row["closure_reason"])) for row in rows]
    return [
        Told(words=list(terms([text])), area=NOWHERE, affair_id=row["type"])
        for row, text in texts
        if text.strip()
    ]


def _words(name: str) -> frozenset[str]:
    return frozenset(terms([name]))
