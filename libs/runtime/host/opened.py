"""A service with its ledger and views opened and its parts built, ready to be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.disclosure.view import VIEW as DISCLOSURES
from libs.ledger.privacy.key_store import open_store
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import utc_now
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.streams.registry import Streams
from libs.ledger.views.projector import Projector
from libs.ledger.views.view import Views
from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.effects import Effects
from libs.messaging.inbox import Inbox
from libs.messaging.live import Live
from libs.messaging.relay import Relay
from libs.messaging.schema import NEWEST, check_schema
from libs.messaging.source_keys import SourceKeys
from libs.messaging.translate import Source
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.batch_keys import neighbours_keys_of, signer_of
from libs.runtime.host.parts import Ground, Service, ServiceParts
from libs.telemetry.public_keys import PublicKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenService:
    """What runs of one service in this process. Close it at the end."""

    service: Service
    settings: Settings
    ledger: Ledger
    views: Views
    projector: Projector
    streams: Streams
    parts: ServiceParts
    live: Live

    @property
    def source(self) -> Source:
        """Its ledger as neighbours see it."""
        return self.live.source

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def discloses(self) -> bool:
        """Whether it shows personal data, and stores who read them."""
        return DISCLOSURES.name in self.views.by_name

    def effects(self) -> Effects:
        """Its reactions over its ledger."""
        return Effects(self.name, self.ledger, self.streams, self.service.subscriptions)

    def inbox(self) -> Inbox:
        """Its inbox, for whichever transport."""
        return Inbox(self.effects(), self.service.subscriptions)

    def relay(self) -> Relay:
        """What publishes its events. Raises `CannotStart` where no broker or no key is given."""
        dsn = self.settings.database_url.reveal()
        return Relay(self.source, dsn, broker_of(self.settings), signer_of(self.settings))

    def source_keys(self) -> SourceKeys:
        """The keys of its neighbours. Raises `CannotStart` where no key set is given."""
        return SourceKeys(neighbours_keys_of(self.settings), self.ledger.connection)

    def close(self) -> None:
        """Let go of the database."""
        self.live.close()
        self.ledger.close()


def open_service(
    service: Service, settings: Settings, environ: Mapping[str, str], *, listen: bool = True
) -> OpenService:
    """Open what a service stands on, and build it.

    `listen`: hear of commits of other processes at once (not needed where there are none).
    Raises `SettingsInvalid`, `SettingsRefused`, `SchemaUnknown`, or psycopg's errors.
    """
    own: object = read(service.settings, environ, f"LINLI_{service.name.upper()}_")
    ledger = open_ledger(service, settings, listen=listen)
    try:
        views = Views(ledger, service.views)
        streams = Streams(ledger, utc_now)
        live = Live(Source(service.name, settings.cell, ledger, service.publish))
        ground = Ground(
            settings=settings, ledger=ledger, views=views, streams=streams, clock=utc_now, live=live
        )
        parts = service.build(ground, own)
        return OpenService(
            service=service,
            settings=settings,
            ledger=ledger,
            views=views,
            projector=Projector(views),
            streams=streams,
            parts=parts,
            live=live,
        )
    except BaseException:
        ledger.close()
        raise


def open_ledger(service: Service, settings: Settings, *, listen: bool = True) -> Ledger:
    """Open the ledger of a service whose schema is the one we know."""
    dsn = settings.database_url.reveal()
    check_schema(dsn, service.name, events=service.events)
    about = LedgerSettings(
        dsn=dsn,
        service=service.name,
        lock_timeout=max(1, round(settings.lock_timeout.total_seconds())),
        pool_size=settings.pool_size,
        listen=listen,
        require_durable=settings.require_durable,
        knows=NEWEST,
    )
    master = MasterKey.from_text(settings.master_key.reveal())
    store = open_store(settings.key_store.reveal(), service.name)
    try:
        return Ledger.connect(about, service.events, master, buckets=store)
    except BaseException:
        if store is not None:
            store.close()
        raise


def broker_of(settings: Settings) -> Broker:
    """The broker of the settings. Raises `CannotStart` where none is given."""
    url = settings.broker_url.reveal()
    if not url:
        raise CannotStart(
            "LINLI_BROKER_URL is not set: relay and worker exchange events over RabbitMQ, for instance"
            " amqp://linli:password@rabbitmq:5672/demo"
        )
    for name in ("broker_ca", "broker_cert", "broker_key"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise CannotStart(f"LINLI_{name.upper()}: there is no file {path}")
    return Broker(
        BrokerSettings(
            url=url,
            ca=settings.broker_ca,
            cert=settings.broker_cert,
            key=settings.broker_key,
            heartbeat=settings.broker_heartbeat.total_seconds(),
        )
    )


def public_keys_of(services: Sequence[OpenService]) -> PublicKeys | None:
    """The public key set, if identity is among the services."""
    return next((s.parts.public_keys for s in services if s.parts.public_keys is not None), None)
