"""A running cases service that knows a small city, and people in it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.cases.tests import neighbours
from services.cases.tests.neighbours import IN_MOLE_STREET
from services.cases.tests.wire import claim, known_to, service_of
from services.cases.wiring import SERVICE

names = count(1)


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        neighbours.tell(service)
        operator = service_of(service, service.mint.person("OPERATOR"))
        somewhere = {"affair_id": "potholes", "location": IN_MOLE_STREET}
        eventually(lambda: known_to(operator, **somewhere), "the city is known")
        claim(service_of(service, service.mint.person("OPERATOR", subject="olga")), "old-system")
        yield service


@pytest.fixture
def operator(running: Component) -> Any:
    """Somebody who may do everything, also import history."""
    return service_of(running, running.mint.person("OPERATOR", subject="olga"))


@pytest.fixture
def resident(running: Component) -> Any:
    return service_of(running, running.mint.person("RESIDENT", subject="resident-lin"))


@pytest.fixture
def roads_officer(running: Component) -> Any:
    return service_of(running, running.mint.person("CASE_OFFICER", subject="rob", body="roads"))


@pytest.fixture
def person(running: Component) -> Any:
    """`person(role, **about)`: the rpcs as somebody."""
    return lambda role, **about: service_of(running, running.mint.person(role, **about))


@pytest.fixture
def lin(person: Any) -> Any:
    """A resident, new to each test."""
    return person("RESIDENT", subject=f"lin-{next(names)}", path="city")


@pytest.fixture
def dispatcher(person: Any) -> Any:
    return person("DISPATCHER", subject="dora", path="city")
