"""The server's manners: probes, deadlines, limits, a drain that loses nothing."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from libs.query.tests.test_freshness import Recording
from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed, failure_of
from libs.rpc.server import Server
from libs.rpc.settings import ServerSettings
from libs.rpc.tests.conftest import Dial
from libs.rpc.tests.greeter import SERVICE, Greeter, message
from libs.telemetry import metrics
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.proxy import Proxy
from libs.testkit.rpc import Mint, answer_to, every_rpc, serving

GetGreeting = message("GetGreetingRequest")
Follow = message("FollowNotesRequest")


def health_of(address: str, service: str = "") -> int:
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return int(
            stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=patience.seconds(5)).status
        )


@contextmanager
def held(greeter: Greeter) -> Iterator[None]:
    """No greeting is answered while the block runs."""
    greeter.released.clear()
    try:
        yield
    finally:
        greeter.released.set()


@contextmanager
def busy(greeter: Greeter, dial: Dial, mint: Mint) -> Iterator[None]:
    """All four workers are held up while the block runs, each by another caller."""
    stubs = [dial(mint.person("RESIDENT", subject=f"slow-{n}")) for n in range(4)]
    with ThreadPoolExecutor(4) as callers, held(greeter):
        for stub in stubs:
            callers.submit(stub.get_greeting, GetGreeting(greeted="slow"), deadline=60.0)
        eventually(lambda: len(greeter.begun) == 4)
        yield


@contextmanager
def following(address: str, mint: Mint, many: int) -> Iterator[None]:
    """So many streams without an end are open while the block runs; then their caller leaves."""
    with ThreadPoolExecutor(many) as readers, connect(address, mint.person("SUPERVISOR")) as client:
        for _ in range(many):
            readers.submit(_drained, client.service(SERVICE).follow_notes(Follow(wanted=0)))
        yield


def send(address: str, rpc: str, raw: bytes, deadline: float | None = 5.0, token: str = "") -> None:
    """Send bytes to an rpc of the greeter."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    with grpc.insecure_channel(address) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE.full_name}/{rpc}")
        call(raw, timeout=deadline, metadata=metadata)


def refused(address: str, rpc: str, raw: bytes, token: str = "") -> RpcFailed:
    """What the server has against them."""
    with pytest.raises(grpc.RpcError) as no:
        send(address, rpc, raw, token=token)
    return failure_of(rpc, no.value)


@pytest.mark.parametrize("name", ["", SERVICE.full_name])
def test_health_answers_for_the_server_and_for_each_service(greeter: Greeter, name: str) -> None:
    serves: dict[str, bool] = {}
    server = Server(ready=lambda: serves)
    server.add(SERVICE, greeter)
    with serving(server) as address:
        before = {health_of(address), health_of(address, SERVICE.full_name)}
        serves[name] = False
        after = {health_of(address), health_of(address, SERVICE.full_name)}

    assert before == {health_pb2.HealthCheckResponse.SERVING}
    assert after == {health_pb2.HealthCheckResponse.NOT_SERVING}


def reflected(address: str, version: str, token: Token | None = None, **asked: str) -> Any:
    """What reflection answers."""
    metadata = (("authorization", f"Bearer {token.token()}"),) if token else ()
    with grpc.insecure_channel(address) as channel:
        call = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )
        asked_once = iter([reflection_pb2.ServerReflectionRequest(**asked)])
        return next(iter(call(asked_once, timeout=patience.seconds(5), metadata=metadata)))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_lists_the_services(address: str, mint: Mint, version: str) -> None:
    answer = reflected(address, version, mint.client(), list_services="")

    assert SERVICE.full_name in [service.name for service in answer.list_services_response.service]


@pytest.mark.parametrize("part", ["", ".GetGreeting", ".FollowNotes"])
@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_describes_a_service_and_its_methods(
    address: str, mint: Mint, version: str, part: str
) -> None:
    answer = reflected(address, version, mint.client(), file_containing_symbol=f"{SERVICE.full_name}{part}")

    files = map(
        descriptor_pb2.FileDescriptorProto.FromString, answer.file_descriptor_response.file_descriptor_proto
    )
    assert SERVICE.file.name in [file.name for file in files]


def test_reflection_describes_a_field(address: str, mint: Mint) -> None:
    message = SERVICE.methods[0].input_type

    answer = reflected(address, "v1", mint.client(), file_containing_symbol=message.fields[0].full_name)

    assert answer.HasField("file_descriptor_response")


@pytest.mark.parametrize("symbol", ["linli.Nobody", f"{SERVICE.full_name}.Nothing", "", "."])
def test_reflection_knows_no_symbol_that_is_none(address: str, mint: Mint, symbol: str) -> None:
    answer = reflected(address, "v1", mint.client(), file_containing_symbol=symbol)

    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize(("token", "reason"), [(None, "TOKEN_MISSING"), (Token("forged"), "TOKEN_INVALID")])
def test_reflection_tells_nothing_to_strangers(address: str, token: Token | None, reason: str) -> None:
    with pytest.raises(grpc.RpcError) as no:
        reflected(address, "v1", token, list_services="")

    failed = failure_of("reflection", no.value)
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, reason)


def test_reflection_can_be_switched_off(greeter: Greeter, mint: Mint) -> None:
    server = Server(ServerSettings(reflection=False), mint.verifier)
    server.add(SERVICE, greeter)

    with serving(server) as address, pytest.raises(grpc.RpcError) as no:
        reflected(address, "v1", mint.client(), list_services="")

    assert failure_of("reflection", no.value).reason == "METHOD_UNKNOWN"


def test_it_refuses_to_start_when_an_rpc_has_no_method() -> None:
    class Unfinished:
        """Serves nothing."""

    with pytest.raises(TypeError, match="GetGreeting has no method get_greeting on Unfinished"):
        Server().add(SERVICE, Unfinished())


def test_it_refuses_an_address_that_is_taken(address: str) -> None:
    with pytest.raises(RuntimeError):
        Server(ServerSettings(address=address)).start()


@pytest.mark.process
def test_it_refuses_to_run_where_eventlet_has_patched_the_sockets() -> None:
    program = (
        "import eventlet; eventlet.monkey_patch()\n"
        "from libs.rpc.server import Server\n"
        "try: Server()\n"
        "except RuntimeError as no: print(no)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False
    )

    assert "eventlet has patched" in ran.stdout, ran.stderr


def test_an_unknown_rpc_is_a_clear_no(address: str) -> None:
    failed = refused(address, "Sing", b"")

    assert (failed.code, failed.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_UNKNOWN")


@pytest.mark.parametrize("raw", [b"\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe", b"\x00", b"\x0b" * 200])
def test_bytes_that_are_no_request_are_an_invalid_argument(address: str, raw: bytes) -> None:
    failed = refused(address, "GetGreeting", raw)

    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE")


def test_a_request_that_is_too_large_is_an_invalid_argument(dial: Dial) -> None:
    with pytest.raises(RpcFailed) as no:
        dial().get_greeting(GetGreeting(greeted="x" * 100_001))

    assert (no.value.code, no.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_TOO_LARGE")


def test_work_whose_deadline_has_passed_is_not_begun(greeter: Greeter, dial: Dial, mint: Mint) -> None:
    stub = dial(patience=Patience(tries=1))

    with busy(greeter, dial, mint), pytest.raises(RpcFailed) as no:
        stub.get_greeting(GetGreeting(greeted="late"), deadline=0.1)

    assert no.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert dial().get_greeting(GetGreeting(greeted="last")).greeting
    assert "late" not in greeter.begun


def test_a_call_knows_how_long_its_caller_waits(
    greeter: Greeter, dial: Dial, mint: Mint, address: str
) -> None:
    token = mint.person("RESIDENT")
    dial(token).get_greeting(GetGreeting(), deadline=300.0)
    send(address, "GetGreeting", b"", deadline=None, token=token.token())

    with_deadline, without = greeter.calls
    assert with_deadline.remaining is not None
    assert 200 < with_deadline.remaining < 301.1  # the wire rounds long timeouts up to whole seconds
    assert with_deadline.patience(6000.0) < 301.1
    assert without.remaining is None
    assert without.patience(6000.0) == 6000.0


def test_beyond_its_limits_it_refuses_at_once_and_says_when_to_come_again(
    greeter: Greeter, dial: Dial, mint: Mint, settings: ServerSettings
) -> None:
    once = Patience(tries=1)
    stubs = [dial(mint.person("RESIDENT", subject=f"person-{n}"), patience=once) for n in range(4)]
    refused: list[RpcFailed] = []

    with ThreadPoolExecutor(40) as callers:
        with held(greeter):
            asked = [callers.submit(_asks, stubs[n % 4], str(n), refused) for n in range(40)]
            eventually(lambda: len(refused) >= 40 - settings.workers - settings.waiting)
        outcomes = [each.result() for each in asked]

    assert {failed.reason for failed in refused} == {"SERVER_BUSY"}
    assert {failed.code for failed in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert all(failed.retry_after == 1.0 for failed in refused)
    assert outcomes.count("answered") == len(greeter.begun) >= settings.workers
    assert outcomes.count("refused") == len(refused)


def _asks(stub: Any, who: str, refused: list[RpcFailed]) -> str:
    try:
        stub.get_greeting(GetGreeting(greeted=who))
    except RpcFailed as failed:
        refused.append(failed)
        return "refused"
    return "answered"


def test_a_busy_server_still_answers_its_probes(
    greeter: Greeter, dial: Dial, mint: Mint, address: str
) -> None:
    """While everybody who could answer is held up."""
    with busy(greeter, dial, mint):
        assert health_of(address) == health_pb2.HealthCheckResponse.SERVING


def test_two_hundred_who_watch_health_keep_nobody_from_asking_and_hear_of_each_change_once(
    greeter: Greeter,
) -> None:
    well, not_well = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    serves: dict[str, bool] = {}
    server = Server(ready=lambda: serves)
    server.add(SERVICE, greeter)
    with serving(server) as address, grpc.insecure_channel(address) as channel:
        watching = [
            health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()) for _ in range(200)
        ]
        first = {next(watch).status for watch in watching}
        asked = {health_of(address) for _ in range(10)}
        serves[""] = False
        asked_then = {health_of(address) for _ in range(10)}
        then = {next(watch).status for watch in watching}
        for watch in watching:
            watch.cancel()

    assert (first, asked) == ({well}, {well})
    assert (then, asked_then) == ({not_well}, {not_well})


def test_nobody_watches_the_health_of_what_is_not_served(address: str) -> None:
    """Their names would be kept for ever."""
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as no:
        next(health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="linli.Nobody")))

    assert failure_of("Watch", no.value).reason == "HEALTH_UNKNOWN"


@pytest.mark.parametrize(
    ("rpc", "token", "reason"),
    [
        ("Sing", "", "METHOD_UNKNOWN"),
        ("GetNote", "", "TOKEN_MISSING"),
        ("GetNote", "forged", "TOKEN_INVALID"),
        ("GetNote", "volunteer", "SCOPE_MISSING"),
        ("Forgotten", "volunteer", "ACCESS_NOT_DECLARED"),
    ],
)
def test_a_refusal_costs_no_worker(
    greeter: Greeter, dial: Dial, mint: Mint, address: str, rpc: str, token: str, reason: str
) -> None:
    """It comes while everybody who could answer is held up."""
    tokens = {"volunteer": mint.person("VOLUNTEER").token(), "forged": f"{mint.client().token()}x"}

    with busy(greeter, dial, mint):
        assert refused(address, rpc, b"", tokens.get(token, "")).reason == reason


def test_a_token_is_verified_while_all_workers_are_busy_and_its_call_served_later(
    greeter: Greeter, dial: Dial, mint: Mint
) -> None:
    stub = dial(mint.person("RESIDENT", subject="new"))

    with ThreadPoolExecutor(1) as caller:
        with busy(greeter, dial, mint):
            asked = caller.submit(stub.get_own_name, message("GetOwnNameRequest")(), deadline=60.0)

        assert asked.result().name == "new"


def test_streams_have_places_of_their_own(greeter: Greeter, address: str, dial: Dial, mint: Mint) -> None:
    stub = dial(mint.person("SUPERVISOR"))

    with following(address, mint, 2):
        eventually(lambda: len(greeter.calls) == 2)
        with pytest.raises(RpcFailed) as no:
            list(stub.follow_notes(Follow(wanted=1)))
        assert dial().get_greeting(GetGreeting(greeted="still here")).greeting

    assert no.value.reason == "SERVER_BUSY"
    eventually(lambda: _numbers(stub, 2) == [0, 1])


def _drained(stream: Any) -> None:
    try:
        list(stream)
    except RpcFailed:
        return


def _numbers(stub: Any, wanted: int) -> list[int]:
    try:
        return [answer.number for answer in stub.follow_notes(Follow(wanted=wanted))]
    except RpcFailed as failed:
        raise AssertionError from failed


def test_a_stream_that_its_caller_leaves_gives_its_place_back(
    greeter: Greeter, dial: Dial, mint: Mint
) -> None:
    stub = dial(mint.person("SUPERVISOR"))

    def begun() -> Any:
        """A stream that has begun; as soon as the server has noticed that the one before was left."""
        stream = stub.follow_notes(Follow(wanted=10))
        try:
            assert next(stream).number == 0
        except RpcFailed as failed:
            raise AssertionError from failed
        return stream

    for _ in range(6):
        eventually(begun, "there is a place").close()

    eventually(lambda: _numbers(stub, 1) == [0])


def test_a_connection_that_has_its_age_takes_no_new_calls_and_lets_streams_go_on(
    greeter: Greeter, mint: Mint
) -> None:
    server = Server(ServerSettings(connection_age=0.2), mint.verifier)
    server.add(SERVICE, greeter)
    states: list[grpc.ChannelConnectivity] = []
    with (
        ThreadPoolExecutor(1) as threads,
        serving(server) as address,
        connect(address, mint.person("SUPERVISOR")) as client,
    ):
        stub = client.service(SERVICE)
        following = threads.submit(lambda: list(stub.follow_notes(Follow(wanted=0))))
        eventually(lambda: greeter.calls, "the stream has begun")
        client.channel.subscribe(states.append)

        eventually(lambda: states[-1:] == [grpc.ChannelConnectivity.IDLE], "the connection has its age")
        stub.get_greeting(GetGreeting(greeted="by another connection"))

        eventually(lambda: states[-1] is grpc.ChannelConnectivity.READY, "there is another")
        assert not following.done()


def test_a_client_gives_a_slow_server_time_to_take_its_connection(server: Server, mint: Mint) -> None:
    with serving(server) as address:
        host, _, port = address.rpartition(":")
        with Proxy((host, int(port))) as proxy:
            proxy.delay(1.5)
            with connect(f"127.0.0.1:{proxy.port}", mint.person("SUPERVISOR"), deadline=60.0) as client:
                answer = client.service(SERVICE).get_greeting(GetGreeting(greeted="from far away"))

    assert answer.greeting == "你好 from far away"


def test_a_drain_says_so_refuses_the_new_and_finishes_the_old(
    server: Server, greeter: Greeter, mint: Mint
) -> None:
    address = f"127.0.0.1:{server.start()}"
    with connect(address, mint.person("SUPERVISOR"), patience=Patience(tries=1)) as client:
        stub = client.service(SERVICE)
        with ThreadPoolExecutor(3) as threads:
            with held(greeter):
                in_flight = threads.submit(stub.get_greeting, GetGreeting(greeted="in flight"))
                following = threads.submit(lambda: list(stub.follow_notes(Follow(wanted=0))))
                eventually(lambda: greeter.begun == ["in flight"] and len(greeter.calls) == 2)
                drained = threads.submit(server.drain, patience.seconds(5.0))
                eventually(following.done)

            assert in_flight.result().greeting == "你好 in flight"
            assert following.result() == []
            drained.result()
        with pytest.raises(RpcFailed) as no:
            stub.get_greeting(GetGreeting(greeted="too late"), deadline=1.0)

    assert no.value.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert greeter.begun == ["in flight"]


def test_a_drain_waits_for_nobody_who_only_watches_health_or_reflects(server: Server, mint: Mint) -> None:
    port = server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        first = next(watching).status
        asking = threading.Event()
        reflecting: Any = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        metadata = (("authorization", f"Bearer {mint.client().token()}"),)
        answers = reflecting(iter(lambda: asking.wait(patience.seconds(30)) and b"", None), metadata=metadata)
        draining = threading.Thread(target=server.drain, args=(600.0,))

        draining.start()
        told = [answer.status for answer in watching]
        eventually(lambda: not draining.is_alive(), "the server has stopped")
        asking.set()
        answers.cancel()

    assert first == health_pb2.HealthCheckResponse.SERVING
    assert told == [health_pb2.HealthCheckResponse.NOT_SERVING]


def test_a_drain_ends_what_does_not_end_in_time(server: Server, greeter: Greeter) -> None:
    address = f"127.0.0.1:{server.start()}"
    with (
        connect(address, patience=Patience(tries=1)) as client,
        ThreadPoolExecutor(1) as threads,
        held(greeter),
    ):
        endless = threads.submit(client.service(SERVICE).get_greeting, GetGreeting(greeted="endless"))
        eventually(lambda: greeter.begun == ["endless"])
        server.drain(0.1)

        with pytest.raises(RpcFailed):
            endless.result()


def test_with_a_certificate_it_speaks_tls(tmp_path: Path, greeter: Greeter) -> None:
    certificate, key = self_signed(tmp_path)
    server = Server(ServerSettings(address="localhost:0", tls_cert=certificate, tls_key=key))
    server.add(SERVICE, greeter)

    with serving(server), connect(f"localhost:{server.port}", tls_roots=certificate.read_bytes()) as client:
        assert client.service(SERVICE).get_greeting(GetGreeting(greeted="tls")).greeting == "你好 tls"


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    from datetime import UTC, datetime, timedelta  # only here

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    signed = builder.sign(private, hashes.SHA256())
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, key


def followed(code: str) -> float:
    """How many streams of notes have ended so."""
    about = {"rpc": f"/{SERVICE.full_name}/FollowNotes", "code": code}
    return metrics.REGISTRY.get_sample_value("linli_rpc_total", about) or 0.0


def test_it_shows_how_busy_it_is_and_what_became_of_streams(
    greeter: Greeter, address: str, dial: Dial, mint: Mint
) -> None:
    ended = {code: followed(code) for code in ("OK", "CANCELLED")}
    stub = dial(mint.person("SUPERVISOR"))

    with following(address, mint, 1):
        eventually(lambda: len(greeter.calls) == 1)
        eventually(lambda: "linli_rpc_streams 1.0" in metrics.exposition().decode())

    eventually(lambda: "linli_rpc_streams 0.0" in metrics.exposition().decode())
    eventually(lambda: (followed("OK"), followed("CANCELLED")) == (ended["OK"], ended["CANCELLED"] + 1))
    list(stub.follow_notes(Follow(wanted=2)))
    eventually(lambda: followed("OK") == ended["OK"] + 1)


@pytest.mark.parametrize(
    ("at_least", "reason"), [("r7.1", ""), ("zzz", "REVISION_MALFORMED"), ("r8.1", "VIEW_BEHIND")]
)
def test_an_rpc_begins_when_the_revision_that_it_names_is_recorded(
    mint: Mint, greeter: Greeter, monkeypatch: pytest.MonkeyPatch, at_least: str, reason: str
) -> None:
    server = Server(authority=mint.verifier)
    server.add(SERVICE, greeter, recording=Recording(newest=7))

    monkeypatch.setattr("libs.query.freshness.PATIENCE", 3600.0)  # nobody waits for it
    [list_notes] = [method for method in every_rpc(SERVICE) if method.name == "ListNotes"]

    with serving(server) as address, connect(address, mint.person("SUPERVISOR")) as client:
        raw = message("ListNotesRequest")(at_least=at_least).SerializeToString()
        failed = answer_to(client, list_notes, raw)

    assert (failed.reason if failed else "") == reason
