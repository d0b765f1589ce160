"""What neighbours' events lead to: pure functions from an event to commands."""

from datetime import datetime, timedelta

from linli.cases.v1 import cases_events_pb2
from linli.identity.v1 import identity_events_pb2
from linli.volunteers.v1 import volunteers_events_pb2

from libs.acting.heard import CONSENTS
from libs.forgetting.telling import forget
from libs.ledger.noted import Note
from libs.messaging.reactions import Answers, Fact, Reaction, Reactions, Subscriptions
from libs.rules.areas import AreaPath
from services.volunteers.domain.need import NEED
from services.volunteers.domain.need.commands import NeedCommand, RaiseNeed, WithdrawNeed
from services.volunteers.domain.noted import AREA, RESIDENT, AreaNoted, ResidentErasureNoted, ResidentNoted
from services.volunteers.domain.values import Shift
from services.volunteers.domain.volunteer import VOLUNTEER, ForgetVolunteer, FreeShift

HELP_AFTER = timedelta(days=1)
"""A helper is wanted a day after a case was opened: time enough to ask somebody."""
HELP_LASTS = timedelta(hours=2)
HELPING_HAND = frozenset({"helping-hand"})
"""The skill asked of somebody who helps a resident with their case."""
PRIORITY = 5


def when_area_defined(event: identity_events_pb2.AreaDefined, _fact: Fact) -> Reactions:
    """Areas are noted: profiles and needs are placed in them."""
    area = AreaNoted(area_id=event.area_id, area_path=AreaPath(event.area_path))
    return [Reaction(AREA, event.area_id, Note(area))]


def when_resident_registered(event: identity_events_pb2.ResidentRegistered, _fact: Fact) -> Reactions:
    """Residents are noted: a coordinator enrols nobody whom identity does not know, and could not erase."""
    return [Reaction(RESIDENT, event.resident_id, Note(ResidentNoted(resident_id=event.resident_id)))]


def when_subject_erased(event: identity_events_pb2.SubjectErased, fact: Fact) -> Answers:
    """The person's key is destroyed here, too; who cannot be reached is asked no more."""
    left = Reaction(VOLUNTEER, event.subject_id, ForgetVolunteer(at=fact.time))
    erased = Note(ResidentErasureNoted(resident_id=event.subject_id))
    return forget(event, fact, left, Reaction(RESIDENT, event.subject_id, erased))


def when_case_opened(event: cases_events_pb2.CaseOpened, fact: Fact) -> Reactions:
    """A case whose reporter needs a helping hand calls for one volunteer, the next day."""
    if not event.assisted:
        return []
    start = _full_hour(fact.time + HELP_AFTER)
    need_id = need_of(event.case_id)
    command = RaiseNeed(
        need_id=need_id,
        case_id=event.case_id,
        area_path=AreaPath(event.area_path),
        shift=Shift(start=start, end=start + HELP_LASTS),
        wanted=1,
        skills=HELPING_HAND,
        priority=PRIORITY,
        at=fact.time,
    )
    return [Reaction(NEED, need_id, command)]


def when_case_withdrawn(event: cases_events_pb2.CaseWithdrawn, fact: Fact) -> Reactions:
    """Nobody needs help with a case that was taken back."""
    return [_withdraw(event.case_id, fact, "the case was withdrawn")]


def when_case_rejected(event: cases_events_pb2.CaseRejected, fact: Fact) -> Reactions:
    """Nobody needs help with a case that was rejected."""
    return [_withdraw(event.case_id, fact, "the case was rejected")]


def when_case_merged(event: cases_events_pb2.CaseMerged, fact: Fact) -> Reactions:
    """Nobody needs help with a case that goes on in another one; a coordinator may call for help there."""
    return [_withdraw(event.case_id, fact, "the case was merged into another one")]


def when_need_withdrawn(event: volunteers_events_pb2.NeedWithdrawn, _fact: Fact) -> Reactions:
    """The service's own news: those who had accepted are free again."""
    return [
        Reaction(VOLUNTEER, volunteer_id, FreeShift(need_id=event.need_id))
        for volunteer_id in event.volunteer_ids
    ]


def need_of(case_id: str) -> str:
    """The need that a case calls for: one, whatever is repeated."""
    return f"case-{case_id}"


def _withdraw(case_id: str, fact: Fact, reason: str) -> Reaction[NeedCommand]:
    # A case without a need: the decider knows of none and nothing happens.
    return Reaction(NEED, need_of(case_id), WithdrawNeed(at=fact.time), reason)


def _full_hour(moment: datetime) -> datetime:
    """The next full hour, or the moment itself if it is one."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(hours=1)


SUBSCRIPTIONS: Subscriptions = {
    "identity": {
        identity_events_pb2.AreaDefined: when_area_defined,
        identity_events_pb2.ResidentRegistered: when_resident_registered,
        identity_events_pb2.SubjectErased: when_subject_erased,
        **CONSENTS,
    },
    "cases": {
        cases_events_pb2.CaseOpened: when_case_opened,
        cases_events_pb2.CaseWithdrawn: when_case_withdrawn,
        cases_events_pb2.CaseRejected: when_case_rejected,
        cases_events_pb2.CaseMerged: when_case_merged,
    },
    "volunteers": {volunteers_events_pb2.NeedWithdrawn: when_need_withdrawn},
}
