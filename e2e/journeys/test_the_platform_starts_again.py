"""`linli up` stops when it is told to, whatever it is doing, and finds everything again."""

import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.feed.v1 import feed_service_pb2 as feed

from e2e.city import los_angeles as la
from e2e.journeys.cities import free_port, platform_in
from e2e.journeys.feeds import FEED
from e2e.journeys.ledgers import all_services, gaps, ledger_of, streams_of
from e2e.journeys.racing import send
from e2e.journeys.town import WATER, Town, report, town_on
from libs.rpc.client import Patience, connect
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.testkit import patience
from libs.testkit.commands import linli, running
from libs.testkit.eventually import eventually

TRIED = """{"request_id": "tried", "affair_id": "bulky-items", "channel": "CHANNEL_WEB", "area_id": "la"}"""
STOPS_WITHIN = 30.0
MANY = 20


@pytest.fixture(scope="module")
def home(folder: Path) -> Iterator[Town]:
    """A platform of our own, to be stopped and started."""
    with platform_in(folder / "again") as platform:
        platform.environ = {**platform.environ, "LINLI_ONE_CORE": "true"}
        platform.start()
        with town_on(platform) as town:
            yield town


def test_told_so_it_keeps_to_one_core_and_its_postgres_does_not(home: Town) -> None:
    server = EmbeddedPostgres(home.platform.data).pid()
    assert home.platform.process is not None
    assert server is not None

    assert len(os.sched_getaffinity(home.platform.process.pid)) == 1
    assert os.sched_getaffinity(server) == os.sched_getaffinity(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_told_to_stop_it_stops_in_order_and_finds_everything_again(home: Town, number: int) -> None:
    opening = report(assisted=True).SerializeToString()
    before = send(home.operator.client, "", "OpenCase", opening)
    case_id = before.answered.case.case_id
    officer = home.person("CASE_OFFICER", "officer", body=WATER)
    seen = officer.cases.get_case(cases.GetCaseRequest(case_id=case_id))

    status = _stop(home, number)
    server = EmbeddedPostgres(home.platform.data).pid()
    home.platform.start()
    again = send(home.operator.client, "", "OpenCase", opening)

    assert (status, server) == (0, None)
    assert again.answer == before.answer
    assert officer.cases.get_case(cases.GetCaseRequest(case_id=case_id)) == seen
    assert _log(home).count("Traceback") == 0


def test_stopped_while_it_is_busy_it_loses_nothing_that_was_answered(home: Town) -> None:
    """Writers and a follower get an answer or UNAVAILABLE; whatever was answered is there afterwards."""
    over, answered, followed = threading.Event(), list[str](), list[str]()
    with ThreadPoolExecutor(5) as people:
        busy = [people.submit(_write, home, f"busy-{n}", over, answered) for n in range(4)]
        busy.append(people.submit(_follow, home, followed))
        eventually(lambda: len(answered) > MANY and len(followed) > MANY, "everybody is busy", seconds=30)
        status = _stop(home, signal.SIGTERM)
        over.set()
        for one in busy:
            one.result(timeout=patience.seconds(30))
    home.platform.start()

    assert status == 0
    listed = set(_all_cases(home))
    assert [case_id for case_id in answered if case_id not in listed] == []
    for service in all_services():
        with ledger_of(home.platform.data, service) as ledger:
            assert gaps(streams_of(ledger)) == []


def _stop(home: Town, number: int) -> int:
    """Its exit status; it must end within its time."""
    process = home.platform.process
    assert process is not None
    process.send_signal(number)
    return process.wait(timeout=patience.seconds(STOPS_WITHIN))


def _log(home: Town) -> str:
    assert home.platform.log is not None
    return home.platform.log.read_text("utf-8")


def _write(home: Town, who: str, over: threading.Event, answered: list[str]) -> None:
    """Open cases until the platform is away; those that were answered are kept."""
    token = home.mint.person("OPERATOR", subject=who)
    with connect(
        home.platform.address, token, patience=Patience(tries=1), deadline=patience.seconds(20.0)
    ) as client:
        [service] = cases.DESCRIPTOR.services_by_name.values()
        stub = client.service(service)
        while not over.is_set():
            try:
                answered.append(stub.open_case(report()).case.case_id)
            except RpcFailed as failed:
                _is_away(failed)
                break


def _follow(home: Town, followed: list[str]) -> None:
    """Follow the cases until the server ends the stream; what came is kept."""
    stub = home.person("SUPERVISOR").client.service(FEED)
    try:
        for answer in stub.follow_events(feed.FollowEventsRequest(source="cases")):
            followed += (event.id for event in answer.batch.events)
    except RpcFailed as failed:
        _is_away(failed)


def _is_away(failed: RpcFailed) -> None:
    """A platform that stops says nothing else to those who call: come again."""
    if not failed.passing:
        raise failed


def _all_cases(home: Town) -> Iterator[str]:
    token = ""
    while True:
        page = home.operator.cases.list_cases(cases.ListCasesRequest(page_size=200, page_token=token))
        yield from (case.case_id for case in page.cases)
        token = page.next_page_token
        if not token:
            return


@dataclass(frozen=True, slots=True)
class Starts:
    """`make run` over a few rows of the city's file, and again; a case is opened while it serves.

    `other` is the same command with another file of requests.
    """

    statuses: list[int]
    printed: list[str]
    opened: "subprocess.CompletedProcess[str]"
    other: "subprocess.CompletedProcess[str]"
    data: Path


@pytest.fixture(scope="module")
def starts(folder: Path) -> Starts:
    rows, others, data = folder / "few.csv.gz", folder / "fewer.csv.gz", folder / "few"
    data.mkdir(mode=0o755)
    with gzip.open(la.REQUESTS) as all_rows:
        lines = all_rows.readlines()
    rows.write_bytes(gzip.compress(b"".join(lines[:30])))
    others.write_bytes(gzip.compress(b"".join(lines[:20])))
    ports = ["--port", str(free_port()), "--http-port", str(free_port())]

    statuses, printed = [], []
    for given in (["--requests", str(rows)], []):
        with running("e2e.city", *given, "--data", str(data), *ports) as program:
            program.says("Serving until Ctrl-C.", seconds=120)
            opened = linli("call", "--data", str(data), "cases.OpenCase", TRIED)
            statuses.append(program.interrupt())
        printed.append("".join(program.printed))
    words = ["e2e.city", "--requests", str(others), "--data", str(data), *ports]
    other = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, timeout=patience.seconds(60)
    )
    return Starts(statuses, printed, opened, other, data)


def test_the_city_is_loaded_once_and_ctrl_c_ends_the_program(starts: Starts) -> None:
    printed = starts.printed

    assert starts.statuses == [0, 0]
    assert ["was found again" in text for text in printed] == [False, True]
    assert ["29 rows, 29 cases" in text for text in printed] == [True, True]
    assert [text.count("Traceback") for text in printed] == [0, 0]
    assert EmbeddedPostgres(starts.data).pid() is None


def test_a_case_that_somebody_tried_out_is_none_of_the_citys_history(starts: Starts) -> None:
    first, again = (
        text.partition("=\nLos Angeles")[2].partition("The import:")[0] for text in starts.printed
    )

    assert starts.opened.returncode == 0, starts.opened.stderr
    assert first.startswith(": 29 service requests of 1 January 2020\n")
    assert again == first


def test_another_file_on_a_loaded_folder_is_refused_with_what_to_do(starts: Starts) -> None:
    said = starts.other.stderr

    assert starts.other.returncode == 1
    assert f"few holds the requests of {starts.data.parent}/few.csv.gz" in said
    assert "fewer.csv.gz has others: load these into another folder with --data, start over" in said
    assert "Starting" not in starts.other.stdout
    assert "Traceback" not in said
