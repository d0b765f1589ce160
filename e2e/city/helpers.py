"""Volunteers for the replay: the city's file knows none, so these are MADE, from a fixed seed.

The needs are real in so far as they arise from real cases: one in a hundred reporters of bulky items is
taken to need a helping hand. The report says both.
"""

import random
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.volunteers.v1 import volunteers_service_pb2 as pb

from e2e.city import los_angeles as la
from e2e.city.history import Story
from e2e.city.platform import City, until_known
from e2e.city.replay import Interrupted, replay

SEED = 20200101
VOLUNTEERS = 60
SKILL = "helping-hand"
HEARD_WITHIN = 60.0
ENROLLED = datetime(2020, 1, 1, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class Helped:
    """What came of the needs, over all days."""

    needs: int = 0
    proposed: int = 0
    covered: int = 0
    bound: int = 0
    accepted: int = 0
    declined: int = 0
    minutes: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def enrol(city: City) -> Mapping[str, int]:
    """Make the volunteers, the same in every run; the number of each by its id.

    Only people whom identity knows can volunteer. It gives other ids in each run, and of volunteers who are
    as good the matching takes the first by id: so the first id is number 0, the next number 1, ...
    """
    numbers = {volunteer_id: number for number, volunteer_id in enumerate(sorted(_register(city)))}
    for volunteer_id, profile in zip(numbers, _profiles(), strict=True):
        number = numbers[volunteer_id]
        request = pb.EnrolVolunteerRequest(
            request_id=f"volunteer-{number}", volunteer_id=volunteer_id, profile=profile
        )
        request.occurred_time.FromDatetime(ENROLLED)
        until_known(city.volunteers.enrol_volunteer, request)
    return numbers


def _register(city: City) -> Iterator[str]:
    """People without any difference but their keys; their ids."""
    for number in range(VOLUNTEERS):
        key = f"made-volunteer-{number:02}"
        request = identity.RegisterResidentRequest(
            request_id=key,
            natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=key),
            name="Made Volunteer",
            area_id=la.CITY,
        )
        yield city.identity.register_resident(request).resident_id


def _profiles() -> Iterator[pb.Profile]:
    chance = random.Random(SEED)
    regions = [area.area_id for area in la.areas() if area.parent_id == la.CITY]
    homes = [area for area in la.areas() if area.boundary]
    for _ in range(VOLUNTEERS):
        home = chance.choice(homes)
        reach = chance.choices([home.parent_id, la.CITY, chance.choice(regions)], [5, 3, 2])[0]
        start = 60 * chance.choice([6, 8, 10, 12])
        days = chance.sample(range(1, 8), chance.randint(2, 6))
        yield pb.Profile(
            skills=[SKILL] if chance.random() < 0.8 else ["translation"],
            windows=[
                pb.WeeklyWindow(weekday=day, start_minute=start, end_minute=start + 60 * 9)
                for day in sorted(days)
            ],
            zone=la.ZONE,
            home_area_id=home.area_id,
            reach_area_id=reach,
            shifts_per_week=chance.randint(1, 3),
        )


def help_out(city: City, stories: Sequence[Story], volunteers: Mapping[str, int]) -> Helped:
    """Day by day: open the assisted cases, match the needs that arise, ask, answer, write down hours.

    The rest of each story is told later, by the replay. `volunteers` gives the number of each by its id.
    """
    helped = Helped()
    days = sorted({_day(story) for story in stories if story.assisted})
    for day in days:
        today = [story for story in stories if story.assisted and _day(story) == day]
        openings = [replace(story, steps=story.steps[:1]) for story in today]
        try:
            opened = replay(city, openings, lambda _replayed, _total: None)
        except Interrupted:
            raise KeyboardInterrupt from None  # its counts are of these few only
        helped.needs += len(opened.cases)
        _until_arisen(city, helped.needs)
        _ask(city, day, helped, volunteers)
    return helped


def _day(story: Story) -> date:
    return story.created.astimezone(ZoneInfo(la.ZONE)).date()


def _until_arisen(city: City, wanted: int) -> None:
    """Wait until the volunteers service has heard of all assisted cases."""
    deadline = time.monotonic() + HEARD_WITHIN
    while len(city.volunteers.list_needs(pb.ListNeedsRequest(page_size=1000)).needs) < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not all of {wanted} needs have arisen within {HEARD_WITHIN:.0f} s")
        time.sleep(0.1)


def _ask(city: City, day: date, helped: Helped, volunteers: Mapping[str, int]) -> None:
    """Match at midnight after the day, before the first shift that its cases called for."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(la.ZONE))
    request = pb.ProposeMatchesRequest(request_id=f"proposal-{day}", area_id=la.CITY)
    request.occurred_time.FromDatetime(midnight.astimezone(UTC))
    proposal = city.volunteers.propose_matches(request).proposal
    helped.proposed += proposal.filled
    helped.covered += proposal.covered
    helped.bound += proposal.bound
    helped.reasons.update(pb.MatchReason.Name(match.reason) for match in proposal.matches)
    offers = pb.MakeOffersRequest(request_id=f"offers-{day}", proposal_id=proposal.proposal_id)
    offers.occurred_time.FromDatetime(midnight.astimezone(UTC))
    for match in city.volunteers.make_offers(offers).offered:
        minutes = _answer(city, match, volunteers[match.volunteer_id], midnight.astimezone(UTC))
        helped.accepted += minutes > 0
        helped.declined += minutes == 0
        helped.minutes += minutes


def _answer(city: City, match: pb.Match, number: int, at: datetime) -> int:
    """Four in five say yes and give the whole shift; the minutes given."""
    need_id, volunteer_id = match.need_id, match.volunteer_id
    who = random.Random(f"{SEED}-{need_id}-{number}")
    about = zlib.crc32(f"{need_id} {number}".encode())
    if who.random() < 0.2:
        decline = pb.DeclineOfferRequest(request_id=f"no-{about}", need_id=need_id, volunteer_id=volunteer_id)
        decline.occurred_time.FromDatetime(at)
        city.volunteers.decline_offer(decline)
        return 0
    accept = pb.AcceptOfferRequest(request_id=f"yes-{about}", need_id=need_id, volunteer_id=volunteer_id)
    accept.occurred_time.FromDatetime(at)
    need = city.volunteers.accept_offer(accept).need
    minutes = int((need.end_time.ToDatetime() - need.start_time.ToDatetime()).total_seconds() // 60)
    record = pb.RecordHoursRequest(
        request_id=f"hours-{about}", need_id=need_id, volunteer_id=volunteer_id, minutes=minutes
    )
    record.occurred_time.FromDatetime(need.end_time.ToDatetime())
    city.volunteers.record_hours(record)
    return minutes
