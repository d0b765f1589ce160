"""How events fold into the views of the catalog, without a database."""

from datetime import timedelta

from libs.ledger.text import Text
from libs.testkit.clocks import moment
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.catalog.adapters.views import affairs, commitments, responsibilities, services
from services.catalog.domain import affair, service
from services.catalog.domain.commitment import COMMITMENT as COMMITMENT
from services.catalog.tests.domain.stories import (
    NOW,
    assigned,
    details,
    ended,
    matter,
    promise,
    published,
    revised,
    terms,
)

SUMMER = moment("2020-07-01 00:00")


def test_a_retired_affair_stays_in_the_tree_but_needs_no_owner() -> None:
    history = recorded(
        "affair-meals", affair.AffairDefined(matter=matter()), affair.AffairRetired(affair_id="meals")
    )

    assert [row["retired"] for row in folded(affairs.VIEW, history).all("affairs")] == [True]
    assert folded(responsibilities.VIEW, history).all("affairs") == []


def test_an_end_concerns_all_versions_of_an_item() -> None:
    history = recorded("responsibility-meals:elm-street", assigned(), revised(2, SUMMER), ended(2, SUMMER))

    first, second = folded(responsibilities.VIEW, history).all("lines")

    assert (first["version"], first["replaced_from"], first["valid_until"]) == (1, SUMMER, SUMMER)
    assert (second["version"], second["replaced_from"], second["valid_until"]) == (2, None, SUMMER)


def test_a_commitment_holds_until_the_next_version() -> None:
    tomorrow = NOW + timedelta(days=1)
    decided = COMMITMENT.decide(promise(), COMMITMENT.initial)
    state = COMMITMENT.fold(decided)
    history = recorded(
        "commitment-meals",
        *decided,
        *COMMITMENT.decide(promise(terms=terms(resolution=None), valid_from=tomorrow), state),
    )

    rows = folded(commitments.VIEW, history).all("versions")

    assert [(row["version"], row["replaced_from"]) for row in rows] == [(1, tomorrow), (2, None)]


def test_a_changed_service_loses_its_old_words() -> None:
    changed = service.ServiceChanged(
        service_id="canteen-1",
        body_id="kitchen",
        details=details(name=Text(en="Lunch"), description=Text(en="For the elderly")),
        area_paths=(),
    )

    rows = folded(services.VIEW, recorded("service-canteen-1", published(), changed))

    weights = {row["word"]: row["weight"] for row in rows.all("words")}
    assert weights == {"lunch": 3, "for": 1, "the": 1, "elder": 1}


def test_a_renamed_affair_loses_its_old_words() -> None:
    renamed = affair.AffairRenamed(matter=matter(name=Text(en="Lunch"), keywords=("noon meal",)))

    rows = folded(services.VIEW, recorded("affair-meals", affair.AffairDefined(matter=matter()), renamed))

    assert [row["word"] for row in rows.all("affair_words")] == ["lunch", "meal", "noon"]


def test_a_suspended_service_keeps_what_is_said_about_it() -> None:
    suspended = service.ServiceSuspended(service_id="canteen-1", body_id="kitchen", expected_resume=SUMMER)
    resumed = service.ServiceResumed(service_id="canteen-1", body_id="kitchen")

    before = folded(services.VIEW, recorded("service-canteen-1", published())).all("services")
    between = folded(services.VIEW, recorded("service-canteen-1", published(), suspended)).all("services")
    after = folded(services.VIEW, recorded("service-canteen-1", published(), suspended, resumed))

    assert between == [{**before[0], "status": "suspended", "expected_resume": SUMMER}]
    assert after.all("services") == before
