"""E-mail against a real server: what arrives, what is refused, and what is never sent in clear."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.notify.channel import ChannelAway, NotSent, Outgoing, Refused, TryLater
from libs.notify.smtp import SmtpAddressInvalid, SmtpChannel, is_address, settings_of
from libs.notify.tests.dripping import HANDSHAKE, dripping_server
from libs.notify.tests.mail_server import MailServer, mail_server
from libs.testkit.certificates import Authority

MESSAGE = Outgoing(
    id="d17",
    address="mei@example.com",
    language="zh",
    title="您的诉求LL-17已受理",
    text="我们于2026年3月2日22:20（UTC+08:00）收到您的诉求。",
    written_at=datetime(2026, 3, 2, 14, 20, tzinfo=UTC),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as running:
        yield running


@pytest.mark.parametrize("smtps", [False, True], ids=["starttls", "smtps"])
def test_a_message_arrives_as_it_was_written_over_tls(tmp_path: Path, smtps: bool) -> None:
    with mail_server(tmp_path, smtps=smtps) as server:
        SmtpChannel(server.settings).send(MESSAGE)

    [mail] = server.got
    assert server.addresses == ["mei@example.com"]
    assert mail["Subject"] == MESSAGE.title
    assert mail["To"] == "mei@example.com"
    assert "邻里" in str(mail["From"])
    assert mail["Message-ID"] == "<d17@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://linli.example.org/notices>"
    assert mail["Date"].datetime == MESSAGE.written_at
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content().rstrip("\r\n") == MESSAGE.text


def test_the_same_message_sent_again_is_known_by_its_id(server: MailServer) -> None:
    channel = SmtpChannel(server.settings)

    channel.send(MESSAGE)
    channel.send(MESSAGE)

    first, second = (bytes(mail) for mail in server.got)
    assert first == second


@pytest.mark.parametrize(
    ("field", "forged"),
    [
        ("title", "Hello\r\nBcc: everybody@example.org"),
        ("title", "Hello\nSubject: other"),
        ("address", "mei@example.com\r\nBcc: everybody@example.org"),
        ("address", "mei@example.com, everybody@example.org"),
        ("address", "<mei@example.com> everybody@example.org"),
        ("address", '"mei\r\nRCPT TO:<x@example.org>"@example.com'),
        ("id", "d17>\r\nBcc: everybody@example.org"),
        ("language", "zh\r\nBcc: everybody@example.org"),
    ],
)
def test_what_would_add_a_header_or_a_recipient_is_refused(
    server: MailServer, field: str, forged: str
) -> None:
    with pytest.raises(Refused):
        SmtpChannel(server.settings).send(replace(MESSAGE, **{field: forged}))  # type: ignore[arg-type]  # all texts

    assert server.got == []


def test_a_line_with_a_dot_or_a_from_does_not_end_the_message(server: MailServer) -> None:
    text = "first\n.\nMAIL FROM:<x@example.org>\n..two dots\nFrom here on"

    SmtpChannel(server.settings).send(replace(MESSAGE, text=text))

    [mail] = server.got
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == text


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("550 5.1.1 mei@example.com: no such user", Refused),
        ("550 mei@example.com unknown", Refused),
        ("450 4.2.1 mei@example.com: try later", TryLater),
        ("554 5.7.1 relay access denied for mei@example.com", TryLater),
        ("452 4.5.3 too many recipients", TryLater),
    ],
)
def test_an_answer_about_an_address_says_whether_to_try_again_and_keeps_the_address(
    server: MailServer, answer: str, failure: type[NotSent]
) -> None:
    server.recipient = answer

    with pytest.raises(failure) as told:
        SmtpChannel(server.settings).send(MESSAGE)

    assert told.value.reason.startswith(answer[:3])
    assert "mei" not in str(told.value)
    assert "mei" not in repr(MESSAGE)


def test_a_message_that_is_refused_at_its_end_was_not_sent(server: MailServer) -> None:
    server.data = "451 4.3.0 queue is full"

    with pytest.raises(TryLater, match=r"^451 4\.3\.0$"):
        SmtpChannel(server.settings).send(MESSAGE)


def test_a_wrong_password_is_no_fault_of_the_message(server: MailServer) -> None:
    with pytest.raises(ChannelAway):
        SmtpChannel(replace(server.settings, password="another", patience=0.5)).send(MESSAGE)  # a wrong one


def test_a_certificate_for_another_name_or_of_another_authority_gets_nothing(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other", "stranger").file
    with mail_server(tmp_path, host="mail.example.net") as wrong_name, pytest.raises(ChannelAway):
        SmtpChannel(wrong_name.settings).send(MESSAGE)
    with mail_server(tmp_path) as server, pytest.raises(ChannelAway, match="SSLCertVerificationError"):
        SmtpChannel(replace(server.settings, authority=stranger)).send(MESSAGE)

    assert wrong_name.got == server.got == []


@contextmanager
def answering(*lines: bytes) -> Iterator[int]:
    """A port where somebody says these lines, one after each that they hear, and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for line in lines:
                    connection.sendall(line)
                    if not connection.recv(1000):
                        return
                connection.recv(1000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]


def test_a_server_without_tls_gets_neither_message_nor_password(server: MailServer) -> None:
    with answering(b"220 hello\r\n", b"250 nothing special\r\n", b"250 OK\r\n") as port:
        channel = SmtpChannel(replace(server.settings, port=port, host="127.0.0.1"))
        with pytest.raises(ChannelAway, match="SMTPNotSupportedError"):
            channel.send(MESSAGE)


def test_a_server_that_is_away_is_said_to_be(server: MailServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(ChannelAway, match="ConnectionRefusedError"):
        SmtpChannel(replace(server.settings, port=port)).send(MESSAGE)


def test_a_server_that_says_nothing_is_not_waited_for(server: MailServer) -> None:
    with answering() as port, pytest.raises(ChannelAway):
        SmtpChannel(replace(server.settings, port=port, host="127.0.0.1", patience=0.2)).send(MESSAGE)


def test_a_server_that_never_comes_to_an_end_is_cut_off(server: MailServer) -> None:
    server.hangs = True

    with pytest.raises(TryLater):
        SmtpChannel(replace(server.settings, longest=0.3)).send(MESSAGE)


@pytest.mark.parametrize(
    ("first", "fields"),
    [(b"220", {"smtps": False}), (HANDSHAKE, {"smtps": True})],
    ids=["the greeting", "the handshake"],
)
def test_a_server_that_drags_out_its_beginning_is_cut_off(
    server: MailServer, first: bytes, fields: dict[str, bool]
) -> None:
    with dripping_server(first) as port:
        given = replace(server.settings, port=port, host="127.0.0.1", longest=0.3, **fields)  # type: ignore[arg-type]  # flags
        with pytest.raises(ChannelAway):
            SmtpChannel(given).send(MESSAGE)


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail.example.org", "linli@example.org"),
        ("smtp://", "linli@example.org"),
        ("smtp://mail.example.org:99999", "linli@example.org"),
        ("smtp://mail.example.org:0", "linli@example.org"),
        ("smtp://user:password@mail.example.org", "linli@example.org"),
        ("smtp://mail.example.org", ""),
        ("smtp://mail.example.org", "Linli"),
        ("smtp://mail.example.org", "linli@example.org\r\nBcc: x@example.org"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_the_start(url: str, sender: str) -> None:
    with pytest.raises(SmtpAddressInvalid) as told:
        settings_of(url, "", sender)

    assert "password@" not in str(told.value)


def test_a_usable_address_is_taken_apart() -> None:
    given = settings_of("smtps://li%40nli@mail.example.org", "secret", "Linli <linli@example.org>")

    assert (given.host, given.port, given.smtps, given.user) == ("mail.example.org", 465, True, "li@nli")
    assert "secret" not in repr(given)


@pytest.mark.parametrize("text", ["mei@example.com", "a.b+c@sub.example.org", "x" * 64 + "@example.com"])
def test_a_mailbox_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mei",
        "@example.com",
        "mei@",
        "mei@localhost",
        "a b@example.com",
        "梅@example.com",
        "x" * 65 + "@e.com",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_address(text)
