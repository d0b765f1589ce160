"""Volunteers over the real wire: enrol, a need arises, match, ask, answer, write down hours."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from linli.cases.v1 import cases_events_pb2
from linli.identity.v1 import identity_events_pb2
from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.recorded import Context
from libs.ledger.revision import Revision
from libs.messaging.feed import may_see
from libs.query.reach import Limit, Reach
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit import patience
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.volunteers.domain.need.commands import MakeOffer
from services.volunteers.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["VolunteersService"]
SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)


@pytest.fixture
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        for area_id, path in (("la", "la"), ("north", "la/north"), ("south", "la/south")):
            service.hears("identity", identity_events_pb2.AreaDefined(area_id=area_id, area_path=path))
        yield service


@pytest.fixture
def coordinator(running: Component) -> Any:
    return running.client(running.mint.person("COORDINATOR", subject="carol")).service(DESCRIPTOR)


def themself(running: Component, name: str) -> Any:
    return running.client(running.mint.person("VOLUNTEER", subject=name)).service(DESCRIPTOR)


def profile(
    home: str = "north", reach: str = "la", skills: tuple[str, ...] = ("helping-hand",)
) -> pb.Profile:
    windows = [pb.WeeklyWindow(weekday=day, start_minute=0, end_minute=1440) for day in range(1, 8)]
    return pb.Profile(
        skills=skills, windows=windows, zone="UTC", home_area_id=home, reach_area_id=reach, shifts_per_week=3
    )


def enrol(running: Component, name: str, **about: Any) -> None:
    themself(running, name).enrol_volunteer(
        pb.EnrolVolunteerRequest(request_id=f"enrol-{name}", profile=profile(**about))
    )


def volunteer(running: Component, name: str) -> pb.Volunteer:
    """Somebody as they see themself, with everything that was recorded so far."""
    asked = pb.GetVolunteerRequest(at_least=seen(running))
    shown: pb.Volunteer = themself(running, name).get_volunteer(asked).volunteer
    return shown


def raise_need(
    coordinator: Any, name: str, *, hour: int = 0, wanted: int = 1, area: str = "north"
) -> pb.Need:
    start = SOON + timedelta(hours=hour)
    request = pb.RaiseNeedRequest(
        request_id=name, area_id=area, start_time=stamp(start), end_time=stamp(start + timedelta(hours=2)),
        wanted=wanted, skills=["helping-hand"], priority=5,
    )  # fmt: skip
    need: pb.Need = coordinator.raise_need(request).need
    return need


def seen(running: Component) -> str:
    """A revision that shows all that was recorded so far."""
    return str(Revision(running.opened.ledger.known_head, 0))


def listed(running: Component, coordinator: Any, where: str = "") -> pb.Need:
    """The one need that there is."""
    need: pb.Need
    [need] = coordinator.list_needs(pb.ListNeedsRequest(filter=where, at_least=seen(running))).needs
    return need


def ask(running: Component, coordinator: Any, name: str) -> pb.MakeOffersResponse:
    """Propose and offer for all open needs, having seen everything so far."""
    request = pb.ProposeMatchesRequest(request_id=name, area_id="la", at_least=seen(running))
    proposal = coordinator.propose_matches(request).proposal
    offers: pb.MakeOffersResponse = coordinator.make_offers(
        pb.MakeOffersRequest(request_id=f"{name}-offers", proposal_id=proposal.proposal_id)
    )
    return offers


@pytest.mark.capability("002.5")
def test_a_coordinators_reading_of_a_list_is_one_record_and_a_volunteers_of_themself_none(
    running: Component, coordinator: Any
) -> None:
    for name in ("ann", "bob"):
        enrol(running, name)
    volunteer(running, "ann")

    for _ in range(2):
        coordinator.list_volunteers(pb.ListVolunteersRequest(at_least=seen(running)))

    events = running.opened.ledger.read(limit=1000)
    [read] = [each for each in events if isinstance(each.event, PersonalDataDisclosed)]
    assert (read.metadata.actor, read.event.subject_ids) == ("carol", ("ann", "bob"))
    assert (read.event.classes, read.event.purpose) == (("VOLUNTEERING",), "VOLUNTEERING")


@pytest.mark.capability("002.5")
def test_whose_offers_and_hours_are_read_is_recorded_and_no_own_ones(
    running: Component, coordinator: Any
) -> None:
    for name in ("ann", "bea"):
        enrol(running, name)
    need = raise_need(coordinator, "n1")
    ask(running, coordinator, "p1")
    asked = coordinator.get_need(pb.GetNeedRequest(need_id=need.need_id)).need.offers[0].volunteer_id
    themself(running, asked).accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id))
    coordinator.withdraw_need(
        pb.WithdrawNeedRequest(request_id="w", need_id=need.need_id, reason="not needed any more")
    )
    coordinator.list_needs(pb.ListNeedsRequest(at_least=seen(running)))

    events = running.opened.ledger.read(limit=1000)
    read = [each for each in events if isinstance(each.event, PersonalDataDisclosed)]
    assert {each.metadata.actor for each in read} == {"carol"}
    by_rpc = [(each.event.rpc.rpartition("/")[2], each.event.subject_ids) for each in read]
    assert by_rpc == [
        ("ProposeMatches", ("ann", "bea")),
        ("MakeOffers", (asked,)),
        ("GetNeed", (asked,)),
        ("WithdrawNeed", (asked,)),
    ]
    assert {each.event.reference for each in read[2:]} == {need.need_id}


def test_from_an_assisted_case_to_hours_given(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    opened = cases_events_pb2.CaseOpened(case_id="c1", area_path="la/north", assisted=True)
    running.hears("cases", opened, at=datetime.now(UTC))
    need = listed(running, coordinator, 'case_id = "c1"')

    offers = ask(running, coordinator, "p1")
    accepted = themself(running, "ann").accept_offer(
        pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id)
    )

    assert [match.volunteer_id for match in offers.offered] == ["ann"]
    assert accepted.need.state == pb.NEED_STATE_FILLED
    request = pb.GetVolunteerRequest(at_least=accepted.revision)
    shown = themself(running, "ann").get_volunteer(request).volunteer
    assert [booking.need_id for booking in shown.bookings] == [need.need_id]
    assert shown.offers == 1


def test_who_was_asked_sees_for_what_where_and_until_when(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    enrol(running, "bea")
    need = raise_need(coordinator, "n1", wanted=2)
    ask(running, coordinator, "p1")
    [offer] = volunteer(running, "ann").open_offers

    assert (offer.need_id, offer.area_id, [*offer.skills]) == (need.need_id, "north", ["helping-hand"])
    assert (offer.start_time, offer.end_time) == (need.start_time, need.end_time)
    made = coordinator.get_need(pb.GetNeedRequest(need_id=need.need_id)).need.offers
    assert [offer.expire_time] == [each.expire_time for each in made if each.volunteer_id == "ann"]

    themself(running, "ann").accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=offer.need_id))
    booked = volunteer(running, "ann")
    assert [booking.area_id for booking in booked.bookings] == ["north"]
    assert not booked.open_offers
    assert [each.need_id for each in volunteer(running, "bea").open_offers] == [need.need_id]


def test_what_can_no_longer_be_accepted_is_no_open_offer(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    enrol(running, "bea")
    ended, filled = raise_need(coordinator, "n1"), raise_need(coordinator, "n2", hour=5)
    for need in (ended, filled):
        for name in ("ann", "bea"):
            _offer(running, need, name)
    assert [offer.need_id for offer in volunteer(running, "ann").open_offers] == [
        need.need_id for need in sorted((ended, filled), key=lambda need: need.need_id)
    ]

    themself(running, "bea").accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=filled.need_id))
    coordinator.withdraw_need(pb.WithdrawNeedRequest(request_id="w", need_id=ended.need_id, reason="rain"))
    assert not volunteer(running, "ann").open_offers


def test_offers_to_others_are_seen_by_those_who_read_about_them(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    need = raise_need(coordinator, "n1")
    ask(running, coordinator, "p1")
    asked = pb.GetVolunteerRequest(volunteer_id="ann", at_least=seen(running))

    assert coordinator.get_volunteer(asked).volunteer.open_offers[0].need_id == need.need_id
    with pytest.raises(RpcFailed) as refused:
        themself(running, "bea").get_volunteer(asked)
    assert refused.value.code is grpc.StatusCode.PERMISSION_DENIED


def test_a_case_taken_back_frees_whoever_had_accepted(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    running.hears("cases", cases_events_pb2.CaseOpened(case_id="c1", area_path="la/north", assisted=True))
    need_id = listed(running, coordinator).need_id
    ask(running, coordinator, "p1")
    themself(running, "ann").accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=need_id))

    running.hears("cases", cases_events_pb2.CaseWithdrawn(case_id="c1"))

    assert coordinator.get_need(pb.GetNeedRequest(need_id=need_id)).need.state == pb.NEED_STATE_WITHDRAWN
    own_news = running.opened.source.batch(0, 500)
    running.opened.inbox().handle(own_news)
    assert not themself(running, "ann").get_volunteer(pb.GetVolunteerRequest()).volunteer.bookings


def test_of_racing_answers_each_place_is_taken_once_and_nobody_is_booked_twice(
    running: Component, coordinator: Any
) -> None:
    names = [f"v{number}" for number in range(8)]
    for name in names:
        enrol(running, name)
    first, second = raise_need(coordinator, "n1", wanted=8), raise_need(coordinator, "n2", wanted=8, hour=1)
    for need in (first, second):
        for name in names:
            _offer(running, need, name)

    def answer(pair: tuple[str, str]) -> str:
        name, need_id = pair
        request = pb.AcceptOfferRequest(request_id=f"yes-{need_id}", need_id=need_id)
        while True:
            try:
                themself(running, name).accept_offer(request)
            except RpcFailed as failed:
                if failed.reason != "CONCURRENT_CHANGE":  # others were faster, several times over: again
                    return failed.reason
            else:
                return "accepted"

    pairs = [(name, need.need_id) for name in names for need in (first, second)]
    with ThreadPoolExecutor(16) as callers:
        outcomes = list(callers.map(answer, pairs))

    assert sorted(outcomes) == ["BOOKED_ELSEWHERE"] * 8 + ["accepted"] * 8


def _offer(running: Component, need: pb.Need, name: str) -> None:
    """Asked by hand: for two overlapping shifts at once, which no proposal would do."""
    command = MakeOffer(volunteer_id=name, expires_at=SOON, at=datetime.now(UTC))
    running.opened.streams["need"].handle(need.need_id, command, Context(actor="test"))


def test_matches_that_no_longer_hold_are_left_out_and_told_why(running: Component, coordinator: Any) -> None:
    for name in ("ann", "bea"):
        enrol(running, name)
    ended, lost = raise_need(coordinator, "n1"), raise_need(coordinator, "n2")
    asked = pb.ProposeMatchesRequest(request_id="p1", area_id="la", at_least=seen(running))
    proposal = coordinator.propose_matches(asked).proposal
    chosen = {m.need_id: m.volunteer_id for m in proposal.matches if m.reason == pb.MATCH_REASON_CHOSEN}

    coordinator.withdraw_need(
        pb.WithdrawNeedRequest(request_id="w", need_id=ended.need_id, reason="not needed any more")
    )
    themself(running, chosen[lost.need_id]).leave_volunteers(pb.LeaveVolunteersRequest(request_id="l"))
    answer = coordinator.make_offers(pb.MakeOffersRequest(request_id="o", proposal_id=proposal.proposal_id))

    assert not answer.offered
    assert {match.need_id: match.reason for match in answer.left_out} == {
        ended.need_id: pb.MATCH_REASON_NO_LONGER_WANTED,
        lost.need_id: pb.MATCH_REASON_HAS_LEFT,
    }


def test_a_repeated_request_gets_the_first_answer(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    raise_need(coordinator, "n1")
    at_least = seen(running)

    def propose() -> tuple[Any, Any]:
        asked = coordinator.propose_matches(
            pb.ProposeMatchesRequest(request_id="p1", area_id="la", at_least=at_least)
        )
        made = coordinator.make_offers(
            pb.MakeOffersRequest(request_id="o1", proposal_id=asked.proposal.proposal_id)
        )
        return asked, made

    assert propose() == propose()
    with pytest.raises(RpcFailed) as refused:
        raise_need(coordinator, "n1", hour=5)
    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_answers_are_repeated_also_after_the_need_has_ended(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    enrol(running, "bea")
    need_id = raise_need(coordinator, "n1", wanted=2).need_id
    asked = pb.ProposeMatchesRequest(request_id="p1", area_id="la", at_least=seen(running))
    proposal_id = coordinator.propose_matches(asked).proposal.proposal_id
    offering = pb.MakeOffersRequest(request_id="o1", proposal_id=proposal_id)
    saying_yes = pb.AcceptOfferRequest(request_id="yes", need_id=need_id)
    saying_no = pb.DeclineOfferRequest(request_id="no", need_id=need_id)
    ann, bea = themself(running, "ann"), themself(running, "bea")

    def told() -> list[Any]:
        return [coordinator.make_offers(offering), ann.accept_offer(saying_yes), bea.decline_offer(saying_no)]

    first = told()
    coordinator.withdraw_need(pb.WithdrawNeedRequest(request_id="end", need_id=need_id, reason="over"))
    ann.leave_volunteers(pb.LeaveVolunteersRequest(request_id="leave"))

    assert told() == first
    with pytest.raises(RpcFailed) as refused:
        bea.accept_offer(pb.AcceptOfferRequest(request_id="yes after all", need_id=need_id))
    assert refused.value.reason == "NEED_ENDED"


def test_a_volunteer_is_not_told_who_else_was_asked(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    enrol(running, "bea")
    need = raise_need(coordinator, "n1", wanted=2)
    ask(running, coordinator, "p1")

    accepted = themself(running, "ann").accept_offer(
        pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id)
    )
    declined = coordinator.decline_offer(
        pb.DeclineOfferRequest(request_id="no", need_id=need.need_id, volunteer_id="bea")
    )

    assert [offer.volunteer_id for offer in accepted.need.offers] == ["ann"]
    assert {offer.volunteer_id for offer in declined.need.offers} == {"ann", "bea"}


def test_an_offer_nobody_answers_expires_by_the_clock(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    need = raise_need(coordinator, "n1")
    request = pb.ProposeMatchesRequest(request_id="p1", area_id="la", at_least=seen(running))
    proposed = coordinator.propose_matches(request)
    coordinator.make_offers(
        pb.MakeOffersRequest(
            request_id="o1",
            proposal_id=proposed.proposal.proposal_id,
            expire_time=stamp(datetime.now(UTC) + timedelta(seconds=patience.seconds(0.5))),
        )
    )

    def state() -> int:
        [offer] = coordinator.get_need(pb.GetNeedRequest(need_id=need.need_id)).need.offers
        return int(offer.state)

    assert eventually(lambda: state() == pb.OFFER_STATE_EXPIRED)


def test_a_volunteer_cannot_answer_for_another(running: Component) -> None:
    enrol(running, "ann")

    with pytest.raises(RpcFailed) as refused:
        themself(running, "bea").leave_volunteers(
            pb.LeaveVolunteersRequest(request_id="r", volunteer_id="ann")
        )

    assert refused.value.code is grpc.StatusCode.PERMISSION_DENIED


def test_who_may_read_about_volunteers_does_not_speak_for_them(running: Component) -> None:
    enrol(running, "ann")
    reader = running.client(running.mint.client("volunteers.self", "volunteers.read")).service(DESCRIPTOR)

    with pytest.raises(RpcFailed) as refused:
        reader.leave_volunteers(pb.LeaveVolunteersRequest(request_id="leave", volunteer_id="ann"))

    assert refused.value.reason == "OUT_OF_REACH"
    assert reader.get_volunteer(pb.GetVolunteerRequest(volunteer_id="ann")).volunteer.active


def test_a_coordinator_sees_only_the_own_areas(running: Component, coordinator: Any) -> None:
    need = raise_need(coordinator, "n1", area="north")
    southerner = running.client(running.mint.person("COORDINATOR", path="la/south")).service(DESCRIPTOR)

    assert not southerner.list_needs(pb.ListNeedsRequest()).needs
    with pytest.raises(RpcFailed) as refused:
        southerner.get_need(pb.GetNeedRequest(need_id=need.need_id))
    assert refused.value.code is grpc.StatusCode.PERMISSION_DENIED


def test_needs_are_listed_by_an_area_and_all_below_it(running: Component, coordinator: Any) -> None:
    need = raise_need(coordinator, "n1", area="north")

    assert listed(running, coordinator, 'area_path = "la"').need_id == need.need_id
    elsewhere = pb.ListNeedsRequest(filter='area_path = "la/south"', at_least=seen(running))
    assert not coordinator.list_needs(elsewhere).needs


def test_partners_of_an_area_follow_its_needs_from_the_call_to_the_end(
    running: Component, coordinator: Any
) -> None:
    enrol(running, "ann")
    need_id = raise_need(coordinator, "n1").need_id
    ask(running, coordinator, "p1")
    ann = themself(running, "ann")
    ann.accept_offer(pb.AcceptOfferRequest(request_id="yes", need_id=need_id))
    ann.decline_offer(pb.DeclineOfferRequest(request_id="no", need_id=need_id))
    coordinator.withdraw_need(pb.WithdrawNeedRequest(request_id="end", need_id=need_id, reason="over"))
    ann.leave_volunteers(pb.LeaveVolunteersRequest(request_id="leave"))

    entries = running.opened.source.stretch(0, 500).entries

    seen_by = {
        path: [
            entry.type.rpartition(".")[2]
            for entry in entries
            if may_see(Reach((Limit(path),)), entry.published)
        ]
        for path in ("la/north", "la/south")
    }
    assert seen_by["la/south"] == []
    assert seen_by["la/north"] == [
        *("VolunteerEnrolled", "NeedRaised", "OfferMade", "OfferAccepted", "OfferDeclined"),
        *("NeedWithdrawn", "VolunteerLeft"),
    ]
    assert {entry.event.area_id for entry in entries} == {"north"}


def test_rebuilt_views_equal_the_live_ones(running: Component, coordinator: Any) -> None:
    for name in ("ann", "bea"):
        enrol(running, name)
    need = raise_need(coordinator, "n1", wanted=2)
    ask(running, coordinator, "p1")
    yes = pb.AcceptOfferRequest(request_id="yes", need_id=need.need_id)
    themself(running, "ann").accept_offer(yes)
    themself(running, "bea").decline_offer(pb.DeclineOfferRequest(request_id="no", need_id=need.need_id))

    assert_rebuilt_equals_live(running.opened.ledger, running.opened.views)


def test_where_something_happened_is_kept_as_a_path(running: Component, coordinator: Any) -> None:
    enrol(running, "ann")
    raise_need(coordinator, "n1")
    ask(running, coordinator, "p1")

    assert running.areas_kept() == {"la", "la/north"}
