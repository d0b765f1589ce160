"""What may happen to an area."""

from dataclasses import replace
from datetime import UTC, datetime

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.identity.domain import area_refusals, ground_refusals
from services.identity.domain.area import AREA
from services.identity.domain.area.commands import ChangeBoundary, DefineArea, EndArea, Parent, RenameArea
from services.identity.domain.area.events import AreaDefined, AreaEnded, AreaRenamed, BoundaryChanged
from services.identity.domain.area.situations import Defined
from services.identity.domain.values import Encroachment, Level

given = deciding(AREA)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
LATER = datetime(2021, 1, 1, tzinfo=UTC)
CITY = Parent(area_id="la", level=Level.CITY, path=AreaPath("la"))
SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}'
OVERHANG = Encroachment(area_id="la", longitude=1.5, latitude=0.25, square_metres=12.4, since=AT)
OTHER = '{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]}'


def define(
    level: Level = Level.COMMUNITY, name: str = "Lincoln Heights", boundary: ChangeBoundary | None = None
) -> DefineArea:
    return DefineArea(area_id="nc-47", parent=CITY, level=level, name=Text(en=name), boundary=boundary, at=AT)


def defined() -> AreaDefined:
    return AreaDefined(
        area_id="nc-47",
        parent_id="la",
        level=Level.COMMUNITY,
        name=Text(en="Lincoln Heights"),
        path=AreaPath("la/nc-47"),
        defined_at=AT,
    )


def change(boundary: str = SQUARE, valid_from: datetime | None = AT, at: datetime = AT) -> ChangeBoundary:
    return ChangeBoundary(area_id="nc-47", boundary=boundary, note="", valid_from=valid_from, at=at)


def changed(version: int = 1, boundary: str = SQUARE, valid_from: datetime = AT) -> BoundaryChanged:
    return BoundaryChanged(
        area_id="nc-47",
        path=AreaPath("la/nc-47"),
        version=version,
        boundary=boundary,
        valid_from=valid_from,
        note="",
    )


def test_an_area_is_put_below_its_parent() -> None:
    given().when(define()).then(defined())


def test_an_area_without_a_parent_is_a_root() -> None:
    root = DefineArea(
        area_id="la", parent=None, level=Level.CITY, name=Text(zh="洛杉矶"), boundary=None, at=AT
    )

    outcome = given().when(root)

    outcome.then_state(lambda state: isinstance(state, Defined) and state.path == "la")


def test_levels_may_be_skipped_but_not_turned_around() -> None:
    given().when(define(Level.GRID_CELL)).then_state(lambda state: isinstance(state, Defined))
    given().when(define(Level.CITY)).then_refused("LEVEL_NOT_BELOW_PARENT", Kind.INVALID, level="city")


def test_an_area_needs_a_name_in_one_language() -> None:
    given().when(define(name="  ")).then_refused("NAME_MISSING", Kind.INVALID)


def test_the_same_definition_again_changes_nothing() -> None:
    given(defined()).when(define()).then_nothing_happens()


def test_another_definition_under_the_same_id_is_refused() -> None:
    given(defined()).when(define(name="Glassell Park")).then_refused(
        "AREA_DEFINED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )


def test_boundaries_are_counted() -> None:
    given(defined(), changed()).when(change(OTHER, LATER)).then(changed(2, OTHER, LATER))


def test_the_same_boundary_again_changes_nothing() -> None:
    given(defined(), changed()).when(change()).then_nothing_happens()


def test_the_same_boundary_from_another_moment_is_a_new_version() -> None:
    given(defined(), changed()).when(change(valid_from=LATER)).then(changed(2, valid_from=LATER))


def test_an_unknown_area_has_no_boundary() -> None:
    given().when(change()).then_refused("AREA_UNKNOWN", Kind.NOT_FOUND, area_id="nc-47")


def test_an_area_may_come_with_its_boundary() -> None:
    given().when(define(boundary=change())).then(defined(), changed())


def test_importing_an_area_with_its_boundary_again_changes_nothing() -> None:
    given(defined(), changed()).when(define(boundary=change())).then_nothing_happens()


def test_a_boundary_without_a_moment_holds_from_now_on_unless_it_holds_already() -> None:
    given(defined()).when(change(valid_from=None, at=LATER)).then(changed(valid_from=LATER))
    given(defined(), changed()).when(change(valid_from=None, at=LATER)).then_nothing_happens()


def test_what_stands_against_a_boundary_keeps_it_out() -> None:
    objection = ground_refusals.boundary_is_beyond(OVERHANG)
    objected = replace(change(OTHER), objection=objection)

    given(defined(), changed()).when(objected).then_refused(
        "BOUNDARY_BEYOND_PARENT", Kind.PRECONDITION, area_id="la", longitude="1.500000", square_metres="12"
    )
    given().when(define(boundary=objected)).then_refused("BOUNDARY_BEYOND_PARENT", Kind.PRECONDITION)


def test_nothing_stands_against_a_boundary_that_holds_already() -> None:
    objected = replace(change(), objection=ground_refusals.boundary_is_beyond(OVERHANG))

    given(defined(), changed()).when(objected).then_nothing_happens()


# names


def rename(
    name: str = "Glassell Park", valid_from: datetime | None = None, at: datetime = LATER
) -> RenameArea:
    return RenameArea(area_id="nc-47", name=Text(en=name), valid_from=valid_from, at=at)


def renamed(name: str = "Glassell Park", valid_from: datetime = LATER) -> AreaRenamed:
    return AreaRenamed(
        area_id="nc-47",
        parent_id="la",
        level=Level.COMMUNITY,
        path=AreaPath("la/nc-47"),
        name=Text(en=name),
        valid_from=valid_from,
    )


def test_an_area_is_renamed_from_a_moment_that_has_come() -> None:
    given(defined()).when(rename()).then(renamed())
    given(defined()).when(rename(valid_from=AT)).then(renamed(valid_from=AT))
    given(defined()).when(rename(valid_from=LATER, at=AT)).then_refused("NAME_LIES_AHEAD", Kind.INVALID)


def test_the_name_that_it_has_changes_nothing() -> None:
    given(defined(), renamed()).when(rename()).then_nothing_happens()


def test_an_area_gets_no_blank_name_nor_that_of_its_neighbour() -> None:
    taken = replace(rename(), objection=area_refusals.name_is_taken("nc-48"))

    given(defined()).when(rename(" ")).then_refused("NAME_MISSING", Kind.INVALID)
    given(defined()).when(taken).then_refused("AREA_NAME_TAKEN", Kind.ALREADY_EXISTS, area_id="nc-48")


def test_an_import_under_the_first_name_may_be_repeated_after_a_renaming() -> None:
    given(defined(), renamed()).when(define()).then_nothing_happens()
    given(defined(), renamed()).when(define(name="Cypress Park")).then_refused(
        "AREA_DEFINED_DIFFERENTLY", Kind.ALREADY_EXISTS
    )


def test_what_is_not_there_is_not_renamed() -> None:
    given().when(rename()).then_refused("AREA_UNKNOWN", Kind.NOT_FOUND)
    given(defined(), ended()).when(rename()).then_refused("AREA_ENDS", Kind.PRECONDITION, area_id="nc-47")


# ends


def end(
    valid_until: datetime | None = None, successors: tuple[str, ...] = ("nc-48",), at: datetime = AT
) -> EndArea:
    return EndArea(area_id="nc-47", valid_until=valid_until, successor_ids=successors, at=at)


def ended(valid_until: datetime = AT, successors: tuple[str, ...] = ("nc-48",)) -> AreaEnded:
    return AreaEnded(
        area_id="nc-47", path=AreaPath("la/nc-47"), valid_until=valid_until, successor_ids=successors
    )


def test_an_area_ends_now_or_later_and_never_earlier() -> None:
    given(defined()).when(end()).then(ended())
    given(defined()).when(end(LATER)).then(ended(LATER))
    given(defined()).when(end(AT, at=LATER)).then_refused("END_IN_THE_PAST", Kind.INVALID)


def test_the_same_end_again_changes_nothing() -> None:
    given(defined(), ended(LATER)).when(end(LATER)).then_nothing_happens()
    given(defined(), ended()).when(end(at=LATER)).then_nothing_happens()


def test_an_end_is_replaced_until_it_has_come_and_not_later() -> None:
    given(defined(), ended(LATER)).when(end(LATER, ("nc-49",))).then(ended(LATER, ("nc-49",)))
    given(defined(), ended(AT)).when(end(LATER, ("nc-49",), at=LATER)).then_refused(
        "AREA_ENDS", Kind.PRECONDITION, valid_until=AT.isoformat()
    )


def test_an_ended_area_gets_no_boundary_for_the_time_after() -> None:
    given(defined(), ended(LATER)).when(change(valid_from=LATER)).then_refused("AREA_ENDS", Kind.PRECONDITION)
    given(defined(), ended(LATER)).when(change(valid_from=AT)).then(changed(valid_from=AT))


def test_no_area_is_put_below_one_that_ends() -> None:
    command = replace(define(), parent=replace(CITY, valid_until=LATER))

    given().when(command).then_refused("AREA_ENDS", Kind.PRECONDITION, area_id="la")
    given(defined()).when(command).then_nothing_happens()


def test_what_stands_against_an_end_keeps_the_area() -> None:
    objected = replace(end(), objection=area_refusals.areas_are_below("nc-47-a", 3))

    given(defined()).when(objected).then_refused("AREA_HAS_AREAS_BELOW", Kind.PRECONDITION, areas="3")
    given(defined(), ended()).when(objected).then_nothing_happens()
