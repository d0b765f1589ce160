"""What may happen to an area."""

from dataclasses import replace
from datetime import UTC, datetime

from libs.ledger.decider import Kind
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from services.identity.domain import area, ground_refusals
from services.identity.domain.area import AreaDefined, BoundaryChanged, ChangeBoundary, DefineArea, Parent
from services.identity.domain.values import Encroachment, Level

given = deciding(area.AREA)

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

    outcome.then_state(lambda state: isinstance(state, area.Defined) and state.path == "la")


def test_levels_may_be_skipped_but_not_turned_around() -> None:
    given().when(define(Level.GRID_CELL)).then_state(lambda state: isinstance(state, area.Defined))
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
