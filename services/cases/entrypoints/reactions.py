"""What cases does about its neighbours' events: it notes what it must know to route and to promise."""

from collections.abc import Iterable
from datetime import date

from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as catalog_types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.options.v1 import access_pb2

from libs.acting.delegated import DELEGATIONS
from libs.acting.heard import CONSENTS
from libs.forgetting.telling import forget
from libs.ledger.ids import derived_id
from libs.ledger.noted import Note
from libs.messaging.reactions import Answers, Fact, Reaction, Reactions, Subscriptions
from libs.rpc.moments import moment, moment_of
from libs.rpc.terms import choices_of, level_of, terms_of
from libs.rpc.texts import text_of
from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES
from libs.rules.working_time import Hours, week_of
from services.cases.domain import noted

_LONGEST_ID = 120
IMPORTING = frozenset({access_pb2.ROLE_OPERATOR})
"""The roles that have the scope `cases.import`."""


def when_area_defined(event: identity.AreaDefined, fact: Fact) -> Reactions:
    """Cases lie in areas that exist."""
    area = noted.AreaNoted(
        area_id=event.area_id,
        area_path=AreaPath(event.area_path),
        rank=fact.sequence,
        level=level_of(event.level),
    )
    return [_note(f"area:{event.area_id}", area)]


def when_area_boundary_changed(event: identity.AreaBoundaryChanged, fact: Fact) -> Reactions:
    """Reports are located by the boundaries valid at their time, ranked as identity ranks them."""
    boundary = noted.BoundaryNoted(
        area_id=event.area_id,
        version=event.version,
        boundary=event.boundary,
        valid_from=moment(event.valid_from_time),
        rank=fact.sequence,
    )
    return [_note(f"area:{event.area_id}", boundary)]


def when_area_ended(event: identity.AreaEnded, _fact: Fact) -> Reactions:
    """No case is opened in an area that is no more; those that were keep it."""
    end = noted.AreaEndNoted(
        area_id=event.area_id,
        valid_until=moment(event.valid_until_time),
        successor_ids=tuple(event.successor_area_ids),
    )
    return [_note(f"area:{event.area_id}", end)]


def when_body_registered(event: identity.BodyRegistered, _fact: Fact) -> Reactions:
    """Cases are given to bodies that exist."""
    return [_note(f"body:{event.body_id}", noted.BodyNoted(body_id=event.body_id))]


def when_resident_registered(event: identity.ResidentRegistered, _fact: Fact) -> Reactions:
    """Cases are kept under the ids of people who are registered, so that they can have them erased."""
    resident = noted.ResidentNoted(resident_id=event.resident_id)
    return [Reaction(noted.RESIDENT, event.resident_id, Note(resident))]


def when_subject_erased(event: identity.SubjectErased, fact: Fact) -> Answers:
    """The person's key is destroyed here, too, and nobody reports under their id any more."""
    erased = Note(noted.ResidentErasureNoted(resident_id=event.subject_id))
    return forget(event, fact, Reaction(noted.RESIDENT, event.subject_id, erased))


def when_consent_recorded(event: identity.ConsentRecorded, _fact: Fact) -> Reactions:
    """Helpers report in the name of residents who let them."""
    if event.purpose != identity_types.CONSENT_PURPOSE_REPORT_CASES:
        return []
    consent = noted.ConsentNoted(
        consent_id=event.consent_id,
        resident_id=event.resident_id,
        helper_id=event.helper_id,
        until=moment(event.until_time),
    )
    return [Reaction(noted.CONSENT, event.consent_id, Note(consent))]


def when_consent_revoked(event: identity.ConsentRevoked, _fact: Fact) -> Reactions:
    """From now on nobody reports by this consent."""
    revocation = noted.ConsentRevocationNoted(consent_id=event.consent_id)
    return [Reaction(noted.CONSENT, event.consent_id, Note(revocation))]


def when_client_registered(event: identity.ClientRegistered, _fact: Fact) -> Reactions:
    """Sensors and outside systems belong to clients that exist."""
    return [Reaction(noted.OWNER, event.client_id, Note(noted.ClientNoted(client_id=event.client_id)))]


def when_client_retired(event: identity.ClientRetired, _fact: Fact) -> Reactions:
    """Nothing more is given to it."""
    retirement = noted.ClientRetirementNoted(client_id=event.client_id)
    return [Reaction(noted.OWNER, event.client_id, Note(retirement))]


def when_role_granted(event: identity.RoleGranted, _fact: Fact) -> Reactions:
    """Outside systems belong to people, too, if they import history."""
    if event.role not in IMPORTING:
        return []
    return [Reaction(noted.OWNER, event.party_id, Note(noted.ImporterNoted(party_id=event.party_id)))]


def when_affair_defined(event: catalog.AffairDefined, _fact: Fact) -> Reactions:
    """Cases are about affairs that exist."""
    return [_note_affair(event)]


def when_affair_changed(event: catalog.AffairChanged, _fact: Fact) -> Reactions:
    """Whether a report needs a name may change, and what the affair is called."""
    return [_note_affair(event)]


def when_affair_retired(event: catalog.AffairRetired, fact: Fact) -> Reactions:
    """A retired affair takes no new cases."""
    retirement = noted.AffairRetirementNoted(affair_id=event.affair_id, at=fact.time)
    return [_note(f"affair:{event.affair_id}", retirement)]


def when_responsibility_assigned(event: catalog.ResponsibilityAssigned, _fact: Fact) -> Reactions:
    """The router decides by the items noted."""
    item = noted.ResponsibilityNoted(
        item_id=event.item_id,
        version=event.version,
        affair_id=event.affair_id,
        area_id=event.area_id,
        body_id=event.body_id,
        valid_from=moment(event.valid_from_time),
        valid_until=moment_of(event, "valid_until_time"),
    )
    return [_note(f"item:{event.item_id}", item)]


def when_responsibility_ended(event: catalog.ResponsibilityEnded, _fact: Fact) -> Reactions:
    """An item that has ended routes no more."""
    end = noted.ResponsibilityEndNoted(item_id=event.item_id, valid_until=moment(event.valid_until_time))
    return [_note(f"item:{event.item_id}", end)]


def when_commitment_published(event: catalog.CommitmentPublished, _fact: Fact) -> Reactions:
    """The clocks run by the limits noted."""
    commitment = noted.CommitmentNoted(
        commitment_id=event.commitment_id,
        version=event.version,
        affair_id=event.affair_id,
        area_id=event.area_id or None,
        terms=terms_of(event),
        calendar_id=event.calendar_id,
        valid_from=moment(event.valid_from_time),
    )
    return [_note(f"commitment:{event.commitment_id}", commitment)]


def when_calendar_defined(event: catalog.CalendarDefined, _fact: Fact) -> Reactions:
    """The clocks count by the calendars noted."""
    time = event.working_time
    holidays = tuple((date.fromisoformat(day), ()) for day in time.holidays)
    working = tuple((date.fromisoformat(day.date), _hours(day.hours)) for day in time.working_dates)
    calendar = noted.CalendarNoted(
        calendar_id=event.calendar_id,
        zone=time.time_zone,
        week=week_of({day.weekday: _hours(day.hours) for day in time.week}),
        special=(*holidays, *working),
        version=event.version,
        valid_from=moment_of(event, "valid_from_time"),
        known_until=date.fromisoformat(time.known_until_date) if time.known_until_date else None,
    )
    return [_note(f"calendar:{event.calendar_id}", calendar)]


def _note(thing: str, fact: noted.NotedFact) -> Reaction[Note[noted.NotedFact]]:
    stream_id = thing if len(thing) <= _LONGEST_ID else derived_id("noted", thing)
    return Reaction(noted.NOTED, stream_id, Note(fact))


def _note_affair(event: catalog.AffairDefined | catalog.AffairChanged) -> Reaction[Note[noted.NotedFact]]:
    affair = noted.AffairNoted(
        affair_id=event.affair_id,
        affair_path=event.affair_path,
        anonymous_allowed=event.anonymous_allowed,
        outcomes=choices_of(event.outcomes) or OUTCOMES,
        name=text_of(event.name),
        keywords=tuple(event.keywords),
    )
    return _note(f"affair:{event.affair_id}", affair)


def _hours(hours: Iterable[catalog_types.Hours]) -> Hours:
    return tuple((each.from_minute, each.until_minute) for each in hours)


SUBSCRIPTIONS: Subscriptions = {
    "identity": {
        identity.AreaDefined: when_area_defined,
        identity.AreaBoundaryChanged: when_area_boundary_changed,
        identity.AreaEnded: when_area_ended,
        identity.BodyRegistered: when_body_registered,
        identity.ResidentRegistered: when_resident_registered,
        identity.SubjectErased: when_subject_erased,
        identity.ConsentRecorded: when_consent_recorded,
        identity.ConsentRevoked: when_consent_revoked,
        **CONSENTS,
        **DELEGATIONS,
        identity.ClientRegistered: when_client_registered,
        identity.ClientRetired: when_client_retired,
        identity.RoleGranted: when_role_granted,
    },
    "catalog": {
        catalog.AffairDefined: when_affair_defined,
        catalog.AffairChanged: when_affair_changed,
        catalog.AffairRetired: when_affair_retired,
        catalog.ResponsibilityAssigned: when_responsibility_assigned,
        catalog.ResponsibilityEnded: when_responsibility_ended,
        catalog.CommitmentPublished: when_commitment_published,
        catalog.CalendarDefined: when_calendar_defined,
    },
}
