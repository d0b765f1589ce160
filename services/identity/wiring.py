"""The fuse box of identity: the only module that knows every room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread

from linli.identity.v1 import identity_service_pb2

from libs.acting.view import ActsView
from libs.disclosure.view import VIEW as DISCLOSURES
from libs.forgetting.view import CLOCK as FORGETTING_CLOCK
from libs.forgetting.view import VIEW as FORGETTING_VIEW
from libs.ledger.forgotten import FORGETTING
from libs.ledger.store import leader_lock
from libs.ledger.streams.claims import Claims
from libs.messaging.clocks import Clock
from libs.messaging.failures import trouble
from libs.notify.channel import Channel
from libs.notify.folder import FolderChannel
from libs.notify.sender import Sender
from libs.notify.sms import SmsChannel
from libs.notify.smtp import SmtpChannel
from libs.notify.webhooks import Webhooks as Posting
from libs.query.ration import Ration, Rations
from libs.query.throttle import Throttle
from libs.rpc.access import roles_to_grant, scopes_of_roles
from libs.rpc.keys import Jwks, SigningKey, concealed
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from libs.telemetry import logs, metrics
from libs.telemetry.public_keys import PublicKeys
from services.identity.adapters import figures
from services.identity.adapters.disputed_strips import StripReads
from services.identity.adapters.hashing import Argon2
from services.identity.adapters.ledger import EVENTS
from services.identity.adapters.locating import Locating
from services.identity.adapters.maps import Maps
from services.identity.adapters.published_keys import PublishedKeys
from services.identity.adapters.publishing import publish
from services.identity.adapters.revoked import RevokedTokens
from services.identity.adapters.signing import DerivedKeys
from services.identity.adapters.source_keys import SourceKeysFolder
from services.identity.adapters.staff_reads import StaffReads
from services.identity.adapters.training_reads import TrainingReads
from services.identity.adapters.views import (
    areas,
    bodies,
    buildings,
    clients,
    codes,
    consents,
    delegations,
    deliveries,
    endpoints,
    erasure_receipts,
    heard_events,
    households,
    incidents,
    logins,
    memberships,
    mergers,
    nominations,
    notices,
    outbox,
    revoked_tokens,
    roles_of_party,
    sharing,
    staffing,
)
from services.identity.application.access import Roles
from services.identity.application.app import App
from services.identity.application.appointment import Appointments
from services.identity.application.area import Areas, AreaStream
from services.identity.application.body import Bodies, BodyStream
from services.identity.application.building import Buildings
from services.identity.application.career import CareerStream, PostStream
from services.identity.application.client import Clients
from services.identity.application.code import Codes
from services.identity.application.code_sending import CodeSending
from services.identity.application.consent import Consents
from services.identity.application.consent_codes import ConsentCodes
from services.identity.application.consent_words import ConsentWords
from services.identity.application.contact import Contacts
from services.identity.application.correction import Corrections
from services.identity.application.delegation import Delegations
from services.identity.application.delivery import Deliveries
from services.identity.application.dispatch import Dispatches
from services.identity.application.enrolment import Enrolments
from services.identity.application.facts import FactsInAreas
from services.identity.application.household import Households
from services.identity.application.incident import Incidents
from services.identity.application.join import Joining
from services.identity.application.keyring import Keys
from services.identity.application.letters import Letters
from services.identity.application.login import Logins
from services.identity.application.membership import Memberships
from services.identity.application.merger import Mergers
from services.identity.application.natural_keys import NaturalKeys
from services.identity.application.nomination import Nominations
from services.identity.application.notice import Notices
from services.identity.application.operators import Machine
from services.identity.application.post import Posts
from services.identity.application.receipt import Receipts
from services.identity.application.resident import (
    AccessStream,
    HouseholdStream,
    MergerStream,
    OperatorsStream,
    ResidencyStream,
    Residents,
    ResidentStream,
)
from services.identity.application.review import Reviews
from services.identity.application.second_factor import SecondFactors
from services.identity.application.sharing import Sharing
from services.identity.application.succession import Successions
from services.identity.application.training import Training
from services.identity.application.visit import Visits
from services.identity.application.webhook import Webhooks
from services.identity.domain import refusals
from services.identity.domain.access import ACCESS
from services.identity.domain.area import AREA
from services.identity.domain.body import BODY
from services.identity.domain.building import BUILDING
from services.identity.domain.career import CAREER
from services.identity.domain.client import CLIENT
from services.identity.domain.code import CODE
from services.identity.domain.code_hour import CODE_HOUR
from services.identity.domain.consent import CONSENT
from services.identity.domain.consent.events import ConsentGiven
from services.identity.domain.consent_codes import CONSENT_CODES
from services.identity.domain.contact import CONTACT
from services.identity.domain.course import COURSE
from services.identity.domain.data_set import DATA_SET
from services.identity.domain.delegation import DELEGATION
from services.identity.domain.delivery import DELIVERY
from services.identity.domain.dispatch import DISPATCH
from services.identity.domain.factor_reset import FACTOR_RESET
from services.identity.domain.facts import FACTS
from services.identity.domain.household import HOUSEHOLD
from services.identity.domain.incident import INCIDENT
from services.identity.domain.incident.commands import Limits
from services.identity.domain.invitation import INVITATION
from services.identity.domain.keyring import KEYRING
from services.identity.domain.letters import LETTERS
from services.identity.domain.login import LOGIN
from services.identity.domain.merger import MERGER
from services.identity.domain.natural_keys import NATURAL_KEYS
from services.identity.domain.nomination import NOMINATION
from services.identity.domain.notice import NOTICE
from services.identity.domain.operators import OPERATORS
from services.identity.domain.post import POST
from services.identity.domain.preferences import PREFERENCES, NoticeChannel
from services.identity.domain.qualification import QUALIFICATION
from services.identity.domain.receipt import RECEIPT
from services.identity.domain.residency import RESIDENCY
from services.identity.domain.resident import RESIDENT
from services.identity.domain.review import REVIEW
from services.identity.domain.second_factor import SECOND_FACTOR
from services.identity.domain.share import SHARE
from services.identity.domain.webhook import WEBHOOK
from services.identity.entrypoints import machine
from services.identity.entrypoints.access import AccessApi
from services.identity.entrypoints.appointment import AppointmentApi
from services.identity.entrypoints.area import AreaApi
from services.identity.entrypoints.body import BodyApi
from services.identity.entrypoints.building import BuildingApi
from services.identity.entrypoints.chinese import MESSAGES
from services.identity.entrypoints.client import ClientApi
from services.identity.entrypoints.consent import ConsentApi
from services.identity.entrypoints.contact import ContactApi
from services.identity.entrypoints.correction import CorrectionApi
from services.identity.entrypoints.delegation import DelegationApi
from services.identity.entrypoints.enrolment import EnrolmentApi
from services.identity.entrypoints.facts import FactsApi
from services.identity.entrypoints.household import HouseholdApi
from services.identity.entrypoints.incident import IncidentApi
from services.identity.entrypoints.join import JoinApi
from services.identity.entrypoints.keyring import KeyringApi
from services.identity.entrypoints.login import LoginApi
from services.identity.entrypoints.membership import MembershipApi
from services.identity.entrypoints.merger import MergerApi
from services.identity.entrypoints.natural_keys import NaturalKeysApi
from services.identity.entrypoints.nomination import NominationApi
from services.identity.entrypoints.notice import NoticeApi
from services.identity.entrypoints.post import PostApi
from services.identity.entrypoints.reactions import SUBSCRIPTIONS
from services.identity.entrypoints.receipt import FORGET, ReceiptApi
from services.identity.entrypoints.resident import ResidentApi
from services.identity.entrypoints.review import ReviewApi
from services.identity.entrypoints.sharing import SharingApi
from services.identity.entrypoints.succession import SuccessionApi
from services.identity.entrypoints.training import TrainingApi
from services.identity.entrypoints.visit import VisitApi
from services.identity.entrypoints.webhook import WebhookApi
from services.identity.entrypoints.wire.notice import label
from services.identity.entrypoints.wire.webhook import KINDS
from services.identity.settings import IdentitySettings

_log = logs.get("webhooks")

_INBOX, _LETTER = NoticeChannel.WEB_INBOX, NoticeChannel.LETTER
_CODES_OF_A_CALLER = Ration(60, timedelta(minutes=10))
_CODES_IN_ALL = Ration(600, timedelta(minutes=10))
_CONSENT_CODES_OF_A_CALLER = Ration(30, timedelta(hours=1))
"""One-time codes that a process has sent: each may cost money, and wakes somebody up."""


def build(ground: Ground, settings: IdentitySettings) -> ServiceParts:
    """The service on the ground that the shell has opened."""
    beginning = revoked_tokens.RevocationReads(ground.views)
    revoked = RevokedTokens(beginning, ground.ledger, settings.longest_lifetime, ground.clock)
    app = _app(ground, settings, revoked)
    secret = SigningKey.from_pem(settings.signing_key.reveal().encode())
    sources = SourceKeysFolder(settings.source_keys, ground.settings.cell) if settings.source_keys else None
    published = PublishedKeys(app.keyring.key_set, ground.ledger, secret, ground.clock, sources)

    def on_start() -> None:
        now = ground.clock()
        app.keyring.ensure(now)
        if settings.developer_password is not None:
            app.machine.ensure_developer(settings.developer_password.reveal(), now)

    return ServiceParts(
        apis=(_api(app, published.read),),
        on_start=on_start,
        by_hand={
            **machine.acts(app, ground.clock),
            "notices-letters": partial(_print_letters, app, ground, settings),
        },
        public_keys=PublicKeys(published.read, published.wait),
        revoked=revoked,
        sends=_sender(app, ground),
        consents=app.consents,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streams:
    """The streams that several nouns use."""

    areas: AreaStream
    bodies: BodyStream
    residents: ResidentStream
    access: AccessStream
    operators: OperatorsStream
    residencies: ResidencyStream
    households: HouseholdStream
    careers: CareerStream
    posts: PostStream
    mergers: MergerStream


def _streams(ground: Ground) -> _Streams:
    return _Streams(
        areas=ground.stream(AREA),
        bodies=ground.stream(BODY),
        residents=ground.stream(RESIDENT),
        access=ground.stream(ACCESS),
        operators=ground.stream(OPERATORS),
        residencies=ground.stream(RESIDENCY),
        households=ground.stream(HOUSEHOLD),
        careers=ground.stream(CAREER),
        posts=ground.stream(POST),
        mergers=ground.stream(MERGER),
    )


def _app(ground: Ground, settings: IdentitySettings, revoked: RevokedTokens) -> App:
    views, digests, maps = ground.views, ground.ledger.keys, Maps(ground.ledger)
    streams = _streams(ground)
    places = Areas(
        stream=streams.areas,
        reads=areas.AreaReads(views),
        locating=Locating(views, maps),
        strips=StripReads(views, maps),
    )
    keys = _keys(ground, settings, revoked)
    people, machines = _logins_and_clients(ground, settings, streams, keys)
    receipts = Receipts(
        stream=ground.stream(RECEIPT),
        forgetting=ground.stream(FORGETTING),
        digests=digests,
        reads=erasure_receipts.ReceiptReads(views),
        services=FORGET,
    )
    residents = Residents(
        stream=streams.residents,
        areas=streams.areas,
        access=streams.access,
        operators=streams.operators,
        claims=Claims(ground.ledger, "resident"),
        keys=ground.stream(NATURAL_KEYS),
        mergers=streams.mergers,
        residencies=streams.residencies,
        households=streams.households,
        careers=streams.careers,
        posts=streams.posts,
        receipts=receipts,
    )
    built, lived, seen, facts = _homes(ground, streams, places)
    proposals = _nominations(ground, streams)
    channels = _channels(settings)
    told = _notices(ground, settings, streams, channels)
    sent = _deliveries(ground, streams, told, channels)
    hooks = _webhooks(ground, settings, machines)
    trained, established, appointed = _staff(ground, streams)
    known, going = _codes(ground, settings, people, channels)
    return App(
        areas=places,
        successions=Successions(
            areas=places,
            grants=roles_of_party.RoleReads(views),
            clients=clients.ClientReads(views),
            bodies=bodies.BodyReads(views),
        ),
        residents=residents,
        mergers=Mergers(
            stream=streams.mergers,
            residents=streams.residents,
            access=streams.access,
            reads=mergers.MergerReads(views),
        ),
        corrections=Corrections(stream=streams.residents),
        natural_keys=NaturalKeys(
            stream=residents.keys,
            residents=streams.residents,
            claims=residents.claims,
            mergers=streams.mergers,
        ),
        receipts=receipts,
        buildings=built,
        households=lived,
        visits=seen,
        facts=facts,
        consents=Consents(
            stream=ground.stream(CONSENT),
            residents=streams.residents,
            areas=streams.areas,
            codes=ConsentCodes(
                stream=ground.stream(CONSENT_CODES),
                digests=digests,
                contacts=known.stream,
                chosen=told.of,
                channels=channels,
                rations=Rations(ground.clock, _CONSENT_CODES_OF_A_CALLER),
                told=lambda channel, outcome: metrics.notice_attempt("identity", channel.value, outcome),
            ),
            words=ConsentWords(
                residents=streams.residents,
                clients=machines.stream,
                access=streams.access,
                areas=streams.areas,
                zone=settings.time_zone,
            ),
            reads=consents.ConsentReads(views),
        ),
        delegations=Delegations(
            stream=ground.stream(DELEGATION),
            areas=streams.areas,
            bodies=streams.bodies,
            reads=delegations.DelegationReads(views),
        ),
        sharing=_sharing(ground, streams, seen),
        incidents=_incidents(ground, settings, streams),
        notices=told,
        deliveries=sent,
        letters=Letters(
            stream=ground.stream(LETTERS),
            deliveries=sent,
            areas=streams.areas,
            alone=partial(leader_lock.alone, ground.settings.database_url.reveal(), "letters"),
        ),
        bodies=Bodies(
            stream=streams.bodies, areas=streams.areas, reads=bodies.BodyReads(views), digests=digests
        ),
        access=Roles(
            stream=streams.access,
            residents=streams.residents,
            areas=streams.areas,
            bodies=streams.bodies,
            operators=streams.operators,
            careers=streams.careers,
            reads=roles_of_party.RoleReads(views),
        ),
        reviews=Reviews(
            stream=ground.stream(REVIEW),
            access=streams.access,
            reads=roles_of_party.RoleReads(views),
        ),
        memberships=_memberships(ground, streams),
        training=trained,
        posts=established,
        appointments=appointed,
        nominations=proposals,
        logins=people,
        codes=known.codes,
        code_sending=going,
        contacts=known,
        enrolments=Enrolments(
            factors=people.factors,
            resets=ground.stream(FACTOR_RESET),
            logins=people,
            roles_to_grant=roles_to_grant(),
        ),
        joining=_joining(ground, settings, residents, known),
        clients=machines,
        webhooks=hooks,
        dispatches=_dispatches(ground, streams, hooks),
        machine=Machine(
            stream=streams.operators,
            residents=residents,
            access=streams.access,
            logins=people,
            nominations=proposals,
        ),
        keyring=keys,
    )


def _homes(
    ground: Ground, streams: _Streams, places: Areas
) -> tuple[Buildings, Households, Visits, FactsInAreas]:
    built = Buildings(
        stream=ground.stream(BUILDING),
        areas=streams.areas,
        locating=places.locating,
        reads=buildings.BuildingReads(ground.views),
        claims=Claims(ground.ledger, "building"),
    )
    lived = Households(
        stream=streams.households,
        residencies=streams.residencies,
        residents=streams.residents,
        buildings=built,
        reads=households.HouseholdReads(ground.views),
    )
    facts = ground.stream(FACTS)
    seen = Visits(stream=facts, buildings=built, households=lived)
    in_areas = FactsInAreas(
        stream=facts,
        areas=streams.areas,
        buildings=built.reads,
        households=lived.reads,
    )
    return built, lived, seen, in_areas


def _incidents(ground: Ground, settings: IdentitySettings, streams: _Streams) -> Incidents:
    return Incidents(
        stream=ground.stream(INCIDENT),
        areas=streams.areas,
        reads=incidents.IncidentReads(ground.views),
        limits=Limits(authority=settings.incident_authority_limit, persons=settings.incident_persons_limit),
        keep=settings.incident_retention,
    )


def _memberships(ground: Ground, streams: _Streams) -> Memberships:
    return Memberships(
        careers=streams.careers,
        posts=streams.posts,
        access=streams.access,
        residents=streams.residents,
        bodies=streams.bodies,
        reads=memberships.MembershipReads(ground.views),
    )


def _sharing(ground: Ground, streams: _Streams, seen: Visits) -> Sharing:
    return Sharing(
        sets=ground.stream(DATA_SET),
        shares=ground.stream(SHARE),
        areas=streams.areas,
        bodies=streams.bodies,
        residents=streams.residents,
        facts=seen.stream,
        reads=sharing.SharingReads(ground.views),
    )


def _staff(ground: Ground, streams: _Streams) -> tuple[Training, Posts, Appointments]:
    trained = Training(
        qualifications=ground.stream(QUALIFICATION),
        courses=ground.stream(COURSE),
        careers=streams.careers,
        residents=streams.residents,
        areas=streams.areas,
        reads=TrainingReads(ground.views),
    )
    established = Posts(
        stream=streams.posts,
        residents=streams.residents,
        areas=streams.areas,
        bodies=streams.bodies,
        qualifications=trained.qualifications,
        reads=StaffReads(ground.views),
    )
    appointed = Appointments(
        stream=streams.posts,
        careers=streams.careers,
        access=streams.access,
        residents=streams.residents,
    )
    return trained, established, appointed


def _nominations(ground: Ground, streams: _Streams) -> Nominations:
    return Nominations(
        stream=ground.stream(NOMINATION),
        careers=streams.careers,
        residents=streams.residents,
        access=streams.access,
        operators=streams.operators,
        areas=streams.areas,
        bodies=streams.bodies,
        reads=nominations.NominationReads(ground.views),
        roles_to_grant=roles_to_grant(),
    )


def _notices(
    ground: Ground,
    settings: IdentitySettings,
    streams: _Streams,
    channels: Mapping[NoticeChannel, Channel],
) -> Notices:
    return Notices(
        stream=ground.stream(NOTICE),
        preferences=ground.stream(PREFERENCES),
        residents=streams.residents,
        areas=streams.areas,
        bodies=streams.bodies,
        reads=notices.NoticeReads(ground.views),
        label=label,
        zone=settings.time_zone,
        offered=frozenset({_INBOX, *([_LETTER] if settings.letter_sender else []), *channels}),
    )


def _channels(settings: IdentitySettings) -> Mapping[NoticeChannel, Channel]:
    channels: dict[NoticeChannel, Channel] = {}
    if settings.smtp:
        channels[NoticeChannel.EMAIL] = SmtpChannel(settings.smtp)
    if settings.sms:
        channels[NoticeChannel.SMS] = SmsChannel(settings.sms)
    return channels


def _deliveries(
    ground: Ground, streams: _Streams, told: Notices, channels: Mapping[NoticeChannel, Channel]
) -> Deliveries:
    metrics.notice_channels(
        "identity", [each.value for each in NoticeChannel if each not in {_INBOX, _LETTER}]
    )
    return Deliveries(
        stream=ground.stream(DELIVERY),
        residents=streams.residents,
        notices=told,
        outbox=outbox.OutboxReads(ground.views),
        reads=deliveries.DeliveryReads(ground.views),
        channels=channels,
        clock=ground.clock,
        told=lambda channel, outcome: metrics.notice_attempt("identity", channel.value, outcome),
    )


def _webhooks(ground: Ground, settings: IdentitySettings, machines: Clients) -> Webhooks:
    return Webhooks(
        stream=ground.stream(WEBHOOK),
        dispatches=ground.stream(DISPATCH),
        clients=machines.stream,
        carrier=Posting(settings.safe_addresses, settings.webhook_ca),
        kinds=KINDS,
        clock=ground.clock,
    )


def _dispatches(ground: Ground, streams: _Streams, hooks: Webhooks) -> Dispatches:
    metrics.webhooks("identity")
    return Dispatches(
        webhooks=hooks.stream,
        stream=hooks.dispatches,
        clients=hooks.clients,
        areas=streams.areas,
        heard=heard_events.HeardReads(ground.views),
        endpoints=endpoints.EndpointReads(ground.views),
        carrier=hooks.carrier,
        clock=ground.clock,
        told=partial(metrics.webhook_attempt, "identity"),
        trouble=lambda webhook_id, error: _log.warning("webhook waits", webhook=webhook_id, **trouble(error)),
    )


def _sender(app: App, ground: Ground) -> Callable[[Event], None]:
    """What sends notices and codes, if there is a channel for them, and sets letters aside; and webhooks."""
    database = ground.settings.database_url.reveal()
    sent, hooks, going = app.deliveries, app.dispatches, app.code_sending
    of_notices = Sender("identity", database, sent.work, drain=sent.drain)
    of_webhooks = Sender("identity", database, hooks.work, drain=hooks.drain, what="webhooks")
    often = 0.5 if going.channels else 60.0  # without a channel there is only to forget
    of_codes = Sender("identity", database, going.work, drain=going.drain, what="codes", every=often)
    beside = [of_codes, *([of_notices] if app.notices.offered != {_INBOX} else [])]

    def send(stop: Event) -> None:
        threads = [Thread(target=each.run, args=(stop,), daemon=True) for each in beside]
        for thread in threads:
            thread.start()
        try:
            of_webhooks.run(stop)
        finally:
            hooks.close()
            for thread in threads:
                thread.join()
            sent.close()
            going.close()

    return send


def _keys(ground: Ground, settings: IdentitySettings, revoked: RevokedTokens) -> Keys:
    return Keys(
        stream=ground.stream(KEYRING),
        signing=DerivedKeys(settings.signing_key.reveal()),
        revocations=revoked,
        longest=settings.longest_lifetime,
        conceal=concealed,
    )


def _logins_and_clients(
    ground: Ground, settings: IdentitySettings, streams: _Streams, keys: Keys
) -> tuple[Logins, Clients]:
    """Both check secrets and issue tokens, and share one throttle of failed tries."""
    places = ground.settings.threads // 4  # so that logins leave most threads to the other rpcs
    hashing = Argon2(places=places)
    throttle = Throttle(ground.clock, places=places, busy=refusals.logins_are_busy)
    people = Logins(
        stream=ground.stream(LOGIN),
        residents=streams.residents,
        access=streams.access,
        mergers=streams.mergers,
        digests=ground.ledger.keys,
        hashing=hashing,
        throttle=throttle,
        keys=keys,
        factors=SecondFactors(
            stream=ground.stream(SECOND_FACTOR),
            access=streams.access,
            digests=ground.ledger.keys,
            required=settings.second_factor,
        ),
        lifetime=settings.login_lifetime,
    )
    machines = Clients(
        stream=ground.stream(CLIENT),
        areas=streams.areas,
        bodies=streams.bodies,
        reads=clients.ClientReads(ground.views),
        hashing=hashing,
        throttle=throttle,
        keys=keys,
        lifetime=settings.client_lifetime,
        scopes_of_roles=scopes_of_roles(),
    )
    return people, machines


def _codes(
    ground: Ground, settings: IdentitySettings, people: Logins, channels: Mapping[NoticeChannel, Channel]
) -> tuple[Contacts, CodeSending]:
    """What codes are for, and what sends them: into a folder where somebody tries the platform out."""
    folder = FolderChannel(settings.messages) if settings.messages else None
    if folder and not channels:
        channels = {NoticeChannel.EMAIL: folder, NoticeChannel.SMS: folder}
    asked = Codes(
        stream=ground.stream(CODE),
        digests=ground.ledger.keys,
        throttle=Throttle(ground.clock, places=ground.settings.threads // 4),
        rations=Rations(ground.clock, _CODES_OF_A_CALLER, _CODES_IN_ALL),
        offered=frozenset(channels),
    )
    known = Contacts(
        stream=ground.stream(CONTACT),
        claims={
            NoticeChannel.EMAIL: Claims(ground.ledger, "email"),
            NoticeChannel.SMS: Claims(ground.ledger, "phone"),
        },
        codes=asked,
        logins=people,
        reads=logins.LoginReads(ground.views),
    )
    going = CodeSending(
        stream=asked.stream,
        hours=ground.stream(CODE_HOUR),
        digests=ground.ledger.keys,
        reads=codes.CodeReads(ground.views),
        channels=channels,
        clock=ground.clock,
        told=lambda channel, outcome: metrics.notice_attempt("identity", channel.value, outcome),
        reached=known.reached,
        rations=Rations(ground.clock, _CODES_IN_ALL),
        clear=folder.clear if folder else lambda _before: None,
    )
    return known, going


def _joining(ground: Ground, settings: IdentitySettings, residents: Residents, known: Contacts) -> Joining:
    return Joining(
        codes=known.codes,
        contacts=known,
        invitations=ground.stream(INVITATION),
        residents=residents,
        logins=known.logins,
        reads=known.reads,
        digests=ground.ledger.keys,
        throttle=known.codes.throttle,
        open_to_all=settings.sign_up,
    )


def _api(app: App, published: Callable[[], Jwks]) -> Api:
    nouns = (
        AreaApi,
        SuccessionApi,
        ResidentApi,
        CorrectionApi,
        MergerApi,
        NaturalKeysApi,
        ReceiptApi,
        BuildingApi,
        HouseholdApi,
        VisitApi,
        FactsApi,
        ConsentApi,
        IncidentApi,
        NoticeApi,
        BodyApi,
        AccessApi,
        ReviewApi,
        MembershipApi,
        TrainingApi,
        PostApi,
        AppointmentApi,
        DelegationApi,
        SharingApi,
        NominationApi,
        LoginApi,
        JoinApi,
        ContactApi,
        EnrolmentApi,
        ClientApi,
        WebhookApi,
    )
    keyring = KeyringApi(app, published)
    return Api.of(identity_service_pb2, *(noun(app) for noun in nouns), keyring, zh=MESSAGES)


def _print_letters(app: App, ground: Ground, settings: IdentitySettings, words: Mapping[str, str]) -> str:
    """Print them into a place that the words name. Raises ValueError where nothing can be written."""
    from services.identity.adapters.letter_files import LetterFiles  # what makes PDFs is needed only here

    if not settings.letter_sender:
        raise ValueError("LINLI_IDENTITY_LETTER_SENDER: name the office that sends letters")
    files = LetterFiles(Path(words["out"]), settings.letter_font, settings.letter_sender)
    return machine.print_letters(app, ground.clock, files, words)


def _home_told(event: object) -> tuple[str, str] | None:
    """Who lives where, by a consent that they gave."""
    return (event.terms.resident_id, event.terms.home_path) if isinstance(event, ConsentGiven) else None


SERVICE = Service(
    name="identity",
    events=EVENTS,
    views=(
        areas.VIEW,
        bodies.VIEW,
        buildings.VIEW,
        households.VIEW,
        mergers.VIEW,
        roles_of_party.VIEW,
        staffing.VIEW,
        memberships.VIEW,
        sharing.VIEW,
        nominations.VIEW,
        consents.VIEW,
        delegations.VIEW,
        incidents.VIEW,
        erasure_receipts.VIEW,
        FORGETTING_VIEW,
        notices.VIEW,
        outbox.VIEW,
        deliveries.VIEW,
        heard_events.VIEW,
        endpoints.VIEW,
        clients.VIEW,
        revoked_tokens.VIEW,
        codes.VIEW,
        logins.VIEW,
        DISCLOSURES,
        ActsView(_home_told),
    ),
    publish=publish,
    settings=IdentitySettings,
    build=build,
    subscriptions=SUBSCRIPTIONS,
    clocks=(Clock("incidents", incidents.VIEW), FORGETTING_CLOCK),
    figures=figures.count,
)
