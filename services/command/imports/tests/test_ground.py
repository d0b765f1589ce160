"""What the platform knows is asked once; what areas were called then, once a day of the file."""

from datetime import UTC, datetime
from types import SimpleNamespace

from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.types.v1.types_pb2 import LocalizedText

from services.command.imports.ground import survey
from services.command.imports.platform import Services

SPLIT = datetime(2021, 1, 1, tzinfo=UTC)


class _Areas:
    """One area that was split, and another that was renamed, on the same day."""

    def list_areas(self, request: identity.ListAreasRequest) -> identity.ListAreasResponse:
        then = request.HasField("at_time") and request.at_time.ToDatetime(UTC) < SPLIT
        names = {"old": "Altstadt", "east": "Ost"} if then else {"old-1": "Nord", "east": "Osten"}
        return identity.ListAreasResponse(
            areas=[identity.Area(area_id=each, name=LocalizedText(en=name)) for each, name in names.items()]
        )

    def list_bodies(self, _request: identity.ListBodiesRequest) -> identity.ListBodiesResponse:
        return identity.ListBodiesResponse()


def test_a_name_is_that_of_the_affair_in_use() -> None:
    old = catalog.Affair(affair_id="holes-2019", name=LocalizedText(en="Potholes"), retired=True)
    gone = catalog.Affair(affair_id="booths", name=LocalizedText(en="Phone booths"), retired=True)
    new = catalog.Affair(affair_id="holes", name=LocalizedText(en="potholes"))
    listed = SimpleNamespace(
        list_affairs=lambda _request: catalog.ListAffairsResponse(affairs=[old, gone, new])
    )

    ground = survey(Services(identity=_Areas(), catalog=listed, cases=None, supervision=None, feed=None))

    found = [ground.affairs.find(word) for word in ("Potholes", "holes-2019", "Phone booths")]
    assert found == ["holes", "holes-2019", "booths"]


def test_areas_that_have_ended_or_been_renamed_are_known_by_the_names_of_then() -> None:
    affairs = SimpleNamespace(list_affairs=lambda _request: catalog.ListAffairsResponse())
    ground = survey(Services(identity=_Areas(), catalog=affairs, cases=None, supervision=None, feed=None))
    before, after = datetime(2020, 6, 3, tzinfo=UTC), datetime(2021, 6, 3, tzinfo=UTC)

    assert [ground.area(word, before) for word in ("Altstadt", "Ost", "Osten")] == ["old", "east", "east"]
    assert [ground.area(word, after) for word in ("Altstadt", "Ost", "Osten")] == ["", "", "east"]
