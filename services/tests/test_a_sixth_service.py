"""The plumbing is written once: another service is its domain, and less than eighty lines."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1 import identity_events_pb2 as identity

from libs.ledger.recorded import Context
from libs.rpc.failures import RpcFailed
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer

SOURCE = Path(__file__).parent / "sixth"
PROTO = Path(__file__).parents[2] / "proto"
MOST_LINES = 80


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The service's wiring, imported from a folder that knows nothing of the checkout's services."""
    folder = tmp_path_factory.mktemp("gardens")
    shutil.copytree(SOURCE, folder / "sixth", ignore=shutil.ignore_patterns("__pycache__"))
    compile_it = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        f"-I{SOURCE}",
        f"-I{PROTO}",
        f"--python_out={folder}",
    ]
    subprocess.run([*compile_it, "gardens.proto"], check=True)
    sys.path.insert(0, str(folder))
    yield importlib.import_module("sixth.wiring")
    sys.path.remove(str(folder))
    for name in ("sixth", "sixth.wiring", "sixth.domain", "gardens_pb2"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def gardens(postgres_server: TestServer, wiring: Any) -> Iterator[Component]:
    with component(postgres_server, wiring.SERVICE) as running:
        running.hears("identity", identity.AreaDefined(area_id="north", area_path="town/north"))
        yield running


def a_client(running: Component, area: str = "north") -> Any:
    neighbour = running.mint.person("RESIDENT", area=area, path=f"town/{area}")
    return running.client(neighbour).service(running.opened.parts.apis[0].descriptor)


def test_a_plot_is_planted_where_a_neighbour_told_of_an_area(gardens: Component, wiring: Any) -> None:
    client = a_client(gardens)

    planted = client.plant_plot(wiring.pb.PlantPlotRequest(request_id="r-1", area_id="north"))
    again = client.plant_plot(wiring.pb.PlantPlotRequest(request_id="r-1", area_id="north"))

    listed = client.list_plots(wiring.pb.ListPlotsRequest(at_least=planted.revision))
    assert again == planted
    assert list(listed.plot_ids) == [planted.plot_id]


def test_what_nobody_told_of_and_what_is_out_of_reach_is_refused(gardens: Component, wiring: Any) -> None:
    with pytest.raises(RpcFailed) as unknown:
        a_client(gardens).plant_plot(wiring.pb.PlantPlotRequest(request_id="r-2", area_id="south"))
    with pytest.raises(RpcFailed) as beyond:
        a_client(gardens, "south").plant_plot(wiring.pb.PlantPlotRequest(request_id="r-3", area_id="north"))

    assert (unknown.value.reason, beyond.value.reason) == ("AREA_UNKNOWN", "OUT_OF_REACH")


def test_the_clock_dries_out_what_nobody_waters(gardens: Component, wiring: Any) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3)
    command = wiring.domain.PlantPlot(plot_id="p-9", area_path="town/north", at=long_ago)
    gardens.opened.streams.of(wiring.domain.PLOT).handle("p-9", command, Context(actor="mei"))

    dry = wiring.pb.ListPlotsRequest(filter="dry = true")
    eventually(lambda: "p-9" in a_client(gardens).list_plots(dry).plot_ids, "the plot is dry")


def test_it_takes_less_than_eighty_lines_beside_its_domain() -> None:
    code = [line for line in (SOURCE / "wiring.py").read_text().splitlines() if line.strip()]

    assert len(code) < MOST_LINES
