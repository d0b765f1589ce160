"""Whether a file's names hang together: references, trees, and what hangs on what is retired."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.catalog.domain.affair import DEEPEST
from services.command.community.model import Affair, Area
from services.command.community.reading import Read, Reference, entries
from services.command.community.tree import Spot
from services.command.community.wired import WEEKDAYS

_OF_A_TABLE = ("csv-", "encoding", "unreadable")
_LEVELS = ("city", "district", "street", "community", "grid_cell")


def check_names(read: Read) -> None:
    """Tell what names nothing, lies below itself or on the wrong level, or has no name."""
    for each in read.references:
        known = read.names.get(each.section, {})
        if each.name not in known and _is_judged(read, each):
            close = difflib.get_close_matches(each.name, known, n=1, cutoff=0.6)
            kind = "unknown-name-close" if close else "unknown-name"
            read.problems.add(each.spot, kind, name=each.name, section=each.section, close="".join(close))
    _check_texts(read)
    areas, affairs = dict(entries(read, "areas")), dict(entries(read, "affairs"))
    _check_tree(read, "areas", areas)
    _check_tree(read, "affairs", affairs)
    _check_levels(read, areas)
    _check_siblings(read, areas)
    _check_affairs(read, affairs)
    _check_people(read)


def _is_judged(read: Read, each: Reference) -> bool:
    """Whether what it names is not at fault itself: an id that is none, or a table that cannot be read."""
    table = f"{each.section}.csv"
    unread = any(
        Path(told.spot.file).name == table and told.kind.startswith(_OF_A_TABLE) for told in read.problems
    )
    return not unread and each.name.lower() not in read.unfit.get(each.section, ())


def _check_texts(read: Read) -> None:
    """What has a text in two languages says it in one at least; so has what can be chosen."""
    for section in ("areas", "bodies", "qualifications", "posts", "affairs", "calendars", "services"):
        for number, each in entries(read, section):
            if not (each.name.zh or each.name.en):
                read.problems.add(read.spot(section, number, "name"), "name-missing")
    for number, promise in entries(read, "commitments"):
        for place, condition in enumerate(promise.conditions):
            if not (condition.zh or condition.en):
                read.problems.add(read.spot("commitments", number, "conditions", place), "name-missing")


def _check_tree(read: Read, section: str, nodes: Mapping[int, Area] | Mapping[int, Affair]) -> None:
    parents = {each.id: each.parent for each in nodes.values()}
    for number, each in nodes.items():
        path, at = [each.id], each.parent
        while at and at not in path:
            path.append(at)
            at = parents.get(at, "")
        if at == each.id:
            read.problems.add(
                read.spot(section, number, "parent"), "cycle", name=each.id, path=" < ".join([*path, at])
            )


def _check_levels(read: Read, areas: Mapping[int, Area]) -> None:
    by_id = {area.id: area for area in areas.values()}
    for number, area in areas.items():
        above = by_id.get(area.parent)
        if read.problems.at(read.spot("areas", number, "parent")):  # a cycle
            continue
        if above is not None and _LEVELS.index(area.level) <= _LEVELS.index(above.level):
            read.problems.add(
                read.spot("areas", number, "level"), "level", level=area.level, above=above.level
            )


def _check_siblings(read: Read, areas: Mapping[int, Area]) -> None:
    """No two areas of one parent have a name in common."""
    seen = dict[tuple[str, str, str], Spot]()
    for number, area in areas.items():
        for language in ("zh", "en"):
            name = getattr(area.name, language)
            spot = read.spot("areas", number, "name", language)
            before = seen.setdefault((area.parent, language, name), spot)
            if area.parent and name and before != spot:
                read.problems.add(spot, "name-twice", name=name, file=before.file, line=before.line)


def _check_affairs(read: Read, affairs: Mapping[int, Affair]) -> None:
    by_id = {affair.id: affair for affair in affairs.values()}
    retired = {affair.id for affair in affairs.values() if affair.retired}
    for number, affair in affairs.items():
        depth, at, seen = 1, affair.parent, {affair.id}
        while at in by_id and at not in seen:
            depth, at, seen = depth + 1, by_id[at].parent, {*seen, at}
        if depth > DEEPEST:
            read.problems.add(read.spot("affairs", number, "parent"), "affairs-deep", most=DEEPEST)
        if affair.parent in retired and not affair.retired:
            at_fault = read.spot("affairs", number, "parent")
            read.problems.add(at_fault, "retired-parts", name=affair.parent, part=affair.id)
        _check_codes(read, affair.outcomes, "affairs", number, "outcomes")
    for section in ("responsibilities", "commitments", "services"):
        for number, each in entries(read, section):
            if each.affair in retired:
                read.problems.add(read.spot(section, number, "affair"), "retired-used", name=each.affair)


def _check_codes(read: Read, choices: Sequence[object], *path: object) -> None:
    codes = set[str]()
    for number, each in enumerate(choices):
        code, named = getattr(each, "code", ""), getattr(each, "zh", "") or getattr(each, "en", "")
        if code in codes:
            read.problems.add(read.spot(*path, number, "code"), "code-twice", code=code)
        if not named:
            read.problems.add(read.spot(*path, number), "name-missing")
        codes.add(code)


def _check_people(read: Read) -> None:
    """Nobody, and no post, has a role without a limit, or the same one twice."""
    for section in ("people", "posts"):
        for number, each in entries(read, section):
            seen = set[tuple[str, str, str]]()
            for place, grant in enumerate(each.roles):
                at = read.spot(section, number, "roles", place)
                if not (grant.area or grant.body):
                    read.problems.add(at, "grant-unbounded")
                said = (grant.role, grant.area, grant.body)
                if said in seen:
                    read.problems.add(at, "grant-twice")
                seen.add(said)


def check_codes(read: Read) -> None:
    """Tell codes that a commitment's lists have twice."""
    for number, promise in entries(read, "commitments"):
        _check_codes(read, promise.reject_reasons, "commitments", number, "reject_reasons")
        if promise.pauses is not None:
            _check_codes(read, promise.pauses.reasons, "commitments", number, "pauses", "reasons")
    for number, calendar in entries(read, "calendars"):
        if not any(getattr(calendar.week, day) for day in WEEKDAYS):
            read.problems.add(read.spot("calendars", number, "week"), "week-empty")
