"""A real SMTP server in the test's process, which answers as it is told."""

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from libs.notify.smtp import SmtpSettings
from libs.testkit.certificates import Authority

USER, PASSWORD = "linli", "a password"  # of this server
HOST = "localhost"


@dataclass
class MailServer:
    """What it got, and what it answers: to the `sender`, a `recipient` and the `data` ("": takes it)."""

    settings: SmtpSettings
    sender: str = ""
    recipient: str = ""
    data: str = ""
    hangs: bool = False
    got: list[EmailMessage] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whom it is from."""
        if self.sender:
            return self.sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it so
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """An address to send to."""
        if self.recipient:
            return self.recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """A message."""
        if self.hangs:
            await asyncio.sleep(3600)
        self.encrypted.append(session.ssl is not None or isinstance(server.transport, ssl.SSLObject))
        if self.data:
            return self.data
        parsed = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.got.append(parsed)
        self.addresses += envelope.rcpt_tos
        return "250 OK"


@contextmanager
def mail_server(folder: Path, *, smtps: bool = False, host: str = HOST) -> Iterator[MailServer]:
    """It has a certificate for `host`, from an authority that the settings name, and wants a password."""
    authority = Authority(folder)
    pair = authority.sign("mail", host)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    settings = SmtpSettings(
        host=HOST,
        port=_free_port(),
        smtps=smtps,
        user=USER,
        password=PASSWORD,
        sender="Linli 邻里 <linli@example.org>",
        unsubscribe="https://linli.example.org/notices",
        authority=authority.file,
        patience=5.0,
    )
    server = MailServer(settings)
    more = {"ssl_context": tls} if smtps else {"tls_context": tls, "require_starttls": True}
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=settings.port,
        authenticator=_authenticate,
        auth_required=not smtps,
        auth_require_tls=not smtps,
        **more,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right)
