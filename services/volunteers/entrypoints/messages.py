"""How volunteers, needs and proposals look on the wire."""

from collections.abc import Callable, Mapping
from typing import Any

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.rpc.moments import stamp
from services.volunteers.domain.need import Need, Raised, Unheard, Withdrawn
from services.volunteers.domain.proposal import NotProposed, Proposal
from services.volunteers.domain.values import Match, Profile, Window
from services.volunteers.domain.volunteer import Active, Stranger, Volunteer


def profile(given: pb.Profile, area_path: Callable[[str], str]) -> Profile:
    """The profile of a request; `area_path` knows where an area stands, or refuses it."""
    home = area_path(given.home_area_id)
    windows = (
        Window(weekday=window.weekday, start=window.start_minute, end=window.end_minute)
        for window in given.windows
    )
    return Profile(
        skills=frozenset(given.skills),
        windows=tuple(windows),
        zone=given.zone,
        home_path=home,
        reach_path=area_path(given.reach_area_id) if given.reach_area_id else home,
        shifts_per_week=given.shifts_per_week,
        languages=tuple(given.languages),
    )


def volunteer(state: Volunteer) -> pb.Volunteer:
    """A volunteer's profile and bookings; counts come from the view."""
    if isinstance(state, Stranger):
        return pb.Volunteer()
    shown = pb.Volunteer(
        volunteer_id=state.volunteer_id, active=isinstance(state, Active), profile=_profile(state.profile)
    )
    for need_id, shift in sorted(state.bookings.items(), key=lambda item: (item[1].start, item[0])):
        booking = shown.bookings.add(need_id=need_id)
        booking.start_time.CopyFrom(stamp(shift.start))
        booking.end_time.CopyFrom(stamp(shift.end))
    return shown


def _profile(kept: Profile) -> pb.Profile:
    return pb.Profile(
        skills=sorted(kept.skills),
        windows=[
            pb.WeeklyWindow(weekday=window.weekday, start_minute=window.start, end_minute=window.end)
            for window in kept.windows
        ],
        zone=kept.zone,
        home_area_id=kept.home_path.rpartition("/")[2],
        reach_area_id=kept.reach_path.rpartition("/")[2],
        shifts_per_week=kept.shifts_per_week,
        languages=kept.languages,
    )


def listed_volunteer(row: Mapping[str, Any]) -> pb.Volunteer:
    """A volunteer as the list shows them."""
    places = pb.Profile(home_area_id=row["home_area_id"], reach_area_id=row["reach_path"].rpartition("/")[2])
    return pb.Volunteer(
        volunteer_id=row["volunteer_id"],
        active=row["active"],
        profile=places,
        offers=row["offers"],
        minutes=row["minutes"],
    )


def need(state: Need) -> pb.Need:
    """A need with its offers."""
    match state:
        case Unheard():
            return pb.Need()
        case Withdrawn(last=last):
            shown = _raised(last)
            shown.state = pb.NEED_STATE_WITHDRAWN
            return shown
        case Raised():
            return _raised(state)


def _raised(state: Raised) -> pb.Need:
    shown = pb.Need(
        need_id=state.need_id,
        state=pb.NEED_STATE_OPEN if state.open else pb.NEED_STATE_FILLED,
        case_id=state.case_id,
        area_id=state.area_path.rpartition("/")[2],
        area_path=state.area_path,
        wanted=state.wanted,
        accepted=state.accepted,
        skills=sorted(state.skills),
        priority=state.priority,
    )
    shown.start_time.CopyFrom(stamp(state.shift.start))
    shown.end_time.CopyFrom(stamp(state.shift.end))
    for volunteer_id, offer in state.offers.items():
        standing = pb.OfferState.Value(f"OFFER_STATE_{offer.standing.name}")
        entry = shown.offers.add(volunteer_id=volunteer_id, state=standing, minutes=offer.minutes)
        entry.expire_time.CopyFrom(stamp(offer.expires_at))
    return shown


def listed_need(row: Mapping[str, Any]) -> pb.Need:
    """A need as the list shows it."""
    shown = pb.Need(
        need_id=row["need_id"],
        state=pb.NeedState.Value(f"NEED_STATE_{row['state'].upper()}"),
        case_id=row["case_id"],
        area_id=row["area_id"],
        area_path=row["area_path"],
        wanted=row["wanted"],
        accepted=row["accepted"],
        skills=row["skills"],
        priority=row["priority"],
    )
    shown.start_time.CopyFrom(stamp(row["start_time"]))
    shown.end_time.CopyFrom(stamp(row["end_time"]))
    return shown


def proposal(state: Proposal) -> pb.Proposal:
    """A proposal, chosen matches first."""
    if isinstance(state, NotProposed):
        return pb.Proposal()
    content = state.content
    return pb.Proposal(
        proposal_id=content.proposal_id,
        matches=[match(entry) for entry in content.matches],
        covered=content.covered,
        bound=content.bound,
        wanted=content.wanted,
        filled=content.filled,
    )


def match(entry: Match) -> pb.Match:
    """One volunteer looked at for one need."""
    return pb.Match(
        need_id=entry.need_id,
        volunteer_id=entry.volunteer_id,
        reason=pb.MatchReason.Value(f"MATCH_REASON_{entry.reason.name}"),
    )
