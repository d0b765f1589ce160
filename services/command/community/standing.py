"""What a platform has now, by the public rpcs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_staffing_pb2 as staffing

from libs.rpc.client import Client, ServiceStub
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.rpc.pages import rows_of_pages

PAGE = 1000
SERVICES = {
    "identity": identity.DESCRIPTOR.services_by_name["IdentityService"],
    "catalog": catalog.DESCRIPTOR.services_by_name["CatalogService"],
}


class Standing:
    """Asks as it is needed; lists are asked once."""

    def __init__(self, client: Client) -> None:
        self.stubs: dict[str, ServiceStub] = {name: client.service(of) for name, of in SERVICES.items()}
        self._identity: Any = self.stubs["identity"]
        self._catalog: Any = self.stubs["catalog"]
        self._commitments: dict[datetime, dict[tuple[str, str], catalog.Commitment]] = {}
        self._buildings: dict[str, identity.Building] | None = None
        self._units: dict[str, list[str]] | None = None
        self._qualifications: dict[str, staffing.Qualification] | None = None
        self._posts: dict[str, staffing.Post] | None = None
        self.areas = {each.area_id: each for each in self._areas()}
        self.bodies = {each.body_id: each for each in self._bodies()}
        self.affairs = {each.affair_id: each for each in self._affairs()}

    def has_ended(self, area_id: str) -> bool:
        """Whether there was an area of this id that is no more."""
        if not self.areas:
            return False
        request = identity.GetAreaRequest(area_id=area_id)
        return area_id not in self.areas and self._found(self._identity.get_area, request) is not None

    def affair(self, affair_id: str) -> catalog.GetAffairResponse:
        """An affair as it is, with the revision that it has."""
        found: catalog.GetAffairResponse = self._catalog.get_affair(
            catalog.GetAffairRequest(affair_id=affair_id)
        )
        return found

    def boundary(self, area_id: str, at: datetime) -> identity.Boundary | None:
        """The boundary of an area that is valid at a moment."""
        request = identity.GetAreaRequest(area_id=area_id, with_boundary=True, at_time=stamp(at))
        area = self._identity.get_area(request).area
        return area.boundary if area.HasField("boundary") and area.boundary.geojson else None

    def responsibilities(self, affair_id: str, area_id: str) -> list[catalog.GetResponsibilityResponse]:
        """All items of a pair that there ever were, each with its versions."""
        found: list[catalog.GetResponsibilityResponse] = []
        while True:
            item_id = f"{affair_id}:{area_id}:{len(found) + 1}"
            item = self._found(
                self._catalog.get_responsibility, catalog.GetResponsibilityRequest(item_id=item_id)
            )
            if item is None:
                return found
            found.append(item)

    def calendar(self, calendar_id: str) -> catalog.GetCalendarResponse | None:
        """The newest version of a calendar."""
        found: catalog.GetCalendarResponse | None = self._found(
            self._catalog.get_calendar, catalog.GetCalendarRequest(calendar_id=calendar_id)
        )
        return found

    def commitment(self, affair_id: str, area_id: str, at: datetime) -> catalog.Commitment | None:
        """What is promised for exactly this affair and area at a moment."""
        if at not in self._commitments:
            request = catalog.ListCommitmentsRequest(at_time=stamp(at), page_size=PAGE)
            pages = rows_of_pages(self._catalog.list_commitments, request, "commitments")
            self._commitments[at] = {(each.affair_id, each.area_id): each for each in pages}
        return self._commitments[at].get((affair_id, area_id))

    def service(self, service_id: str) -> catalog.GetServiceResponse | None:
        """A service, whatever its status."""
        found: catalog.GetServiceResponse | None = self._found(
            self._catalog.get_service, catalog.GetServiceRequest(service_id=service_id)
        )
        return found

    def roles(self, party_id: str) -> list[identity.Grant]:
        """The roles that a person holds now."""
        request = identity.ListRolesRequest(filter=f'party_id = "{party_id}"', page_size=PAGE)
        return list(rows_of_pages(self._identity.list_roles, request, "grants"))

    def commitments(self, at: datetime) -> list[catalog.Commitment]:
        """All that is promised at a moment."""
        self.commitment("", "", at)
        return list(self._commitments[at].values())

    def calendars(self) -> list[catalog.Calendar]:
        """All calendars, each in its newest version."""
        request = catalog.ListCalendarsRequest(page_size=PAGE)
        return list(rows_of_pages(self._catalog.list_calendars, request, "calendars"))

    def held_at(self, at: datetime) -> list[catalog.Responsibility]:
        """The responsibilities that hold at a moment."""
        request = catalog.ListResponsibilitiesRequest(at_time=stamp(at), page_size=PAGE)
        return list(rows_of_pages(self._catalog.list_responsibilities, request, "responsibilities"))

    def services(self) -> list[catalog.Service]:
        """All services, whatever their status."""
        every = [number for number in types.ServiceStatus.values() if number]
        request = catalog.SearchServicesRequest(statuses=every, page_size=PAGE)
        found = rows_of_pages(self._catalog.search_services, request, "results")
        return [each.service for each in found]

    def qualifications(self) -> dict[str, staffing.Qualification]:
        """All kinds of certificates by their ids."""
        if self._qualifications is None:
            request = staffing.ListQualificationsRequest(page_size=PAGE)
            pages = rows_of_pages(self._identity.list_qualifications, request, "qualifications")
            self._qualifications = {each.qualification_id: each for each in pages}
        return self._qualifications

    def posts(self) -> dict[str, staffing.Post]:
        """All posts of now by their ids."""
        if self._posts is None:
            pages = rows_of_pages(
                self._identity.list_posts, staffing.ListPostsRequest(page_size=PAGE), "posts"
            )
            self._posts = {each.post_id: each for each in pages}
        return self._posts

    def buildings(self) -> dict[str, identity.Building]:
        """All buildings by their ids."""
        if self._buildings is None:
            request = identity.ListBuildingsRequest(page_size=PAGE)
            pages = rows_of_pages(self._identity.list_buildings, request, "buildings")
            self._buildings = {each.building_id: each for each in pages}
        return self._buildings

    def units(self, building_id: str) -> list[str]:
        """The units of a building, as they were first written."""
        if self._units is None:
            request = identity.ListDwellingsRequest(page_size=PAGE)
            self._units = {}
            for each in rows_of_pages(self._identity.list_dwellings, request, "dwellings"):
                self._units.setdefault(each.building_id, []).append(each.unit)
        return self._units.get(building_id, [])

    def _areas(self) -> Iterator[identity.Area]:
        return rows_of_pages(self._identity.list_areas, identity.ListAreasRequest(page_size=PAGE), "areas")

    def _bodies(self) -> Iterator[identity.Body]:
        return rows_of_pages(self._identity.list_bodies, identity.ListBodiesRequest(page_size=PAGE), "bodies")

    def _affairs(self) -> Iterator[catalog.Affair]:
        return rows_of_pages(
            self._catalog.list_affairs, catalog.ListAffairsRequest(page_size=PAGE), "affairs"
        )

    @staticmethod
    def _found(ask: Any, request: Any) -> Any:
        """The answer; None if there is no such thing."""
        try:
            return ask(request)
        except RpcFailed as failed:
            if failed.code.name == "NOT_FOUND":
                return None
            raise
