"""How often the right affair is among those suggested: on the later half of two cities' files.

What was learnt comes from the earlier half, by the rules of the platform (`adapters/learned.py`): a word
counts where five people of an area used it for the same affair (for Boston's short file, one). The
baseline is what needs no text: the affairs that were most frequent in the earlier half, always the same
three. Neither file has the words of residents. Los Angeles's has an address; Boston's hundred requests have
what workers wrote when they closed them. So neither figure says how well the words of residents are
understood.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from e2e.bench.figures import Figure
from e2e.bench.ground import Ground
from e2e.city.los_angeles import AFFAIRS, DATA, REQUESTS, areas
from e2e.city.rows import Request
from e2e.city.source import read_requests
from libs.query.sought import terms
from services.cases.adapters.learned import FEWEST
from services.cases.domain.suggesting import Heard, Named, suggest

BOSTON = DATA / "boston311-100.csv"
_HOW_IT_CLOSED = re.compile(r"Case Closed\. Closed date : (\w{3} \w{3} \d\d [\d:]+ \w+ \d{4}|\S+ \S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text, where it was told, and the affair that the city filed it under."""

    words: Sequence[str]
    area: str
    affair_id: str


def measure(_ground: Ground) -> list[Figure]:
    """The figures of both files."""
    los_angeles = _los_angeles()
    affairs = [Named(affair_id=each.name, words=_words(each.name)) for each in AFFAIRS]
    names = [Told(words=sorted(each.words), area="", affair_id=each.affair_id) for each in affairs]
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
    lesson = _Lesson(earlier, fewest)
    answers = [
        [found.affair_id for found in suggest(each.words, affairs, lesson.heard(each))] for each in later
    ]
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


class _Lesson:
    """What the platform would have learnt from cases, each told by somebody else."""

    def __init__(self, cases: Sequence[Told], fewest: int) -> None:
        self._fewest = fewest
        self._people = Counter(each.affair_id for each in cases)
        self._here: dict[str, Counter[str]] = defaultdict(Counter)
        counted: Counter[tuple[str, str, str]] = Counter()
        for each in cases:
            self._here[each.area][each.affair_id] += 1
            counted.update((each.area, word, each.affair_id) for word in set(each.words))
        self._said: dict[str, Counter[str]] = defaultdict(Counter)
        for (_, word, affair_id), people in counted.items():
            if people >= fewest:
                self._said[word][affair_id] += people

    def heard(self, told: Told) -> Heard:
        said = {word: self._said[word] for word in told.words if word in self._said}
        return Heard(people=self._people, here=self._here[told.area], said=said, hidden=self._fewest - 1)


def _los_angeles() -> list[Told]:
    councils = frozenset(each.area_id for each in areas())
    read = read_requests(REQUESTS, councils)
    requests = sorted(
        (each for each in read if isinstance(each, Request)), key=lambda each: (each.created, each.number)
    )
    return [
        Told(words=list(terms([each.address])), area=each.filed_under or each.council, affair_id=each.affair)
        for each in requests
    ]


def _boston() -> list[Told]:
    with BOSTON.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: datetime.fromisoformat(row["open_dt"]))
    texts = [(row, _HOW_IT_CLOSED.sub("", row["closure_reason"])) for row in rows]
    return [
        Told(words=list(terms([text])), area="", affair_id=row["type"]) for row, text in texts if text.strip()
    ]


def _words(name: str) -> frozenset[str]:
    return frozenset(terms([name]))
