"""Use cases of the services that bodies provide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import NOWHERE, AreaPath
from services.catalog.application.cited import Cited
from services.catalog.application.ports import Found, ServiceReads, Wanted
from services.catalog.domain import refusals
from services.catalog.domain.details import Details
from services.catalog.domain.service import (
    ChangeService,
    Published,
    PublishService,
    Service,
    ServiceCommand,
    ServiceEvent,
    Unpublished,
)
from services.catalog.domain.values import ServiceStatus, distinct

ServiceStream = Stream[ServiceCommand, Service, ServiceEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """A search as a caller describes it; empty parts do not matter."""

    text: str = ""
    area_id: str = ""
    language: str = ""
    accessibility: tuple[str, ...] = ()
    statuses: tuple[ServiceStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What can be done with services."""

    stream: ServiceStream
    cited: Cited
    reads: ServiceReads

    def publish(
        self, service_id: str, body_id: str, details: Details, at: datetime, context: Context, permit: Permit
    ) -> Loaded[Published]:
        """Offer a service. The caller must act for the body, or reach the areas served."""
        paths = self._paths(details)
        _permit(permit, paths, body_id)
        command = PublishService(
            service_id=service_id,
            body_id=self.cited.body(body_id),
            details=details,
            affair=self.cited.affair(details.affair_id, "details.affair_id"),
            area_paths=paths,
            at=at,
        )
        return _published(self.stream.handle(service_id, command, context), service_id)

    def change(
        self,
        service_id: str,
        details: Details,
        at: datetime,
        context: Context,
        if_revision: str,
        permit: Permit,
    ) -> Loaded[Published]:
        """Say something else about it. The caller must reach the areas before and after."""
        self.published(service_id)
        paths = self._paths(details)
        command = ChangeService(
            service_id=service_id,
            details=details,
            affair=self.cited.affair(details.affair_id, "details.affair_id"),
            area_paths=paths,
            at=at,
        )
        return self.handle(command, context, if_revision, permit, paths)

    def handle(
        self,
        command: ServiceCommand,
        context: Context,
        if_revision: str,
        permit: Permit,
        paths: tuple[AreaPath, ...] | None = None,
    ) -> Loaded[Published]:
        """Suspend, resume, retire. The caller must act for the body, or reach the areas served.

        `paths` are the areas served from now on, if that changes; none of them: everybody is served.
        """

        def permitted(service: Service) -> None:
            if isinstance(service, Unpublished):
                raise refusals.service_is_unknown(command.service_id)
            offer = service.offer
            _permit(permit, offer.area_paths, offer.body_id)
            if paths is not None:
                _permit(permit, paths, offer.body_id)

        handled = self.stream.handle(command.service_id, command, context, permitted, if_revision or None)
        return _published(handled, command.service_id)

    def published(self, service_id: str) -> Loaded[Published]:
        """One service as it is now. Refuses SERVICE_UNKNOWN."""
        return _published(self.stream.load(service_id), service_id)

    def search(self, query: ListQuery, criteria: Criteria, fresh: Fresh) -> tuple[Sequence[Found], str]:
        """A page of services, the best first."""
        sought = Wanted(
            text=criteria.text,
            area_path=self.cited.area(criteria.area_id).path if criteria.area_id else NOWHERE,
            language=criteria.language,
            accessibility=criteria.accessibility,
            statuses=criteria.statuses,
        )
        return self.reads.found(query, sought, fresh)

    def _paths(self, details: Details) -> tuple[AreaPath, ...]:
        return tuple(self.cited.area(area, "details.area_ids").path for area in distinct(details.area_ids))


def _permit(permit: Permit, area_paths: tuple[AreaPath, ...], body_id: str) -> None:
    """Each area served must be within the caller's reach; a service for everybody names none."""
    for path in area_paths or (NOWHERE,):
        permit(Jurisdiction(area_path=path, body_id=body_id))


def _published(found: Loaded[Service] | Handled[Service, ServiceEvent], service_id: str) -> Loaded[Published]:
    state = found.state
    if isinstance(state, Unpublished):
        raise refusals.service_is_unknown(service_id)
    return Loaded(state=state, version=found.version, position=found.position, life=found.life)
