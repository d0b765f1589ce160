"""E-mail: over SMTP (RFC 5321) with TLS, by a server that relays for us.

The connection is encrypted and the server's certificate checked before anything is sent; no setting turns
this off. One connection carries one message.
"""

import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from libs.notify.channel import ChannelAway, Outgoing, Refused, TryLater
from libs.notify.connections import TimeLimit, strict_tls, time_limit

_PORTS = {"smtp": 587, "smtps": 465}
_POLICY = SMTP.clone(cte_type="7bit")  # any server can carry it
_PERMANENT = 500
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254
_GONE_FOR_GOOD = ("5.1.", "5.2.")
"""Enhanced status codes (RFC 3463) about the address or the mailbox itself."""


class SmtpAddressInvalid(ValueError):
    """The address of the server, or of the sender, cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """`patience`: seconds for one answer of the server; `longest`: for a whole message.

    `smtps`: TLS from the first byte; else by STARTTLS. `unsubscribe`: mailto: or https:, or nothing.
    """

    host: str
    port: int
    smtps: bool
    user: str
    password: str
    sender: str
    unsubscribe: str = ""
    authority: Path | None = None
    patience: float = 20.0
    longest: float = 60.0

    def __repr__(self) -> str:
        """Never shows the password."""
        return f"SmtpSettings({self.host}:{self.port})"


def settings_of(
    url: str, password: str, sender: str, *, unsubscribe: str = "", authority: Path | None = None
) -> SmtpSettings:
    """The settings of `smtp://user@host:587` (STARTTLS) or `smtps://user@host:465`.

    Raises `SmtpAddressInvalid`.
    """
    parts = urlsplit(url)
    try:
        port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port or not parts.hostname or parts.path.strip("/") or parts.query or parts.password:
        raise SmtpAddressInvalid("write it as smtp://user@host:587 (STARTTLS) or smtps://user@host:465")
    if not sender.isprintable() or not is_address(parseaddr(sender)[1]):
        raise SmtpAddressInvalid("the sender is an address such as Linli <linli@example.org>")
    if unsubscribe and not _is_link(unsubscribe):
        raise SmtpAddressInvalid("the address to unsubscribe is one line, and begins with mailto: or https:")
    return SmtpSettings(
        host=parts.hostname,
        port=port,
        smtps=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=password,
        sender=sender,
        unsubscribe=unsubscribe,
        authority=authority,
    )


def is_address(text: str) -> bool:
    """Whether a text is the address of a mailbox: ASCII, one @, no blanks, quotes or brackets."""
    local, _, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "(),:;<>[\\]')
    short = 0 < len(local) <= _LONGEST_LOCAL and len(text) <= _LONGEST_ADDRESS
    return plain and short and "@" not in local and "." in domain.strip(".")


def _is_link(text: str) -> bool:
    return text.startswith(("mailto:", "https://")) and text.isascii() and not set(text) & set(" <>\r\n")


class _Smtp(smtplib.SMTP):
    """SMTP over a connection that is there already."""

    def __init__(self, connected: socket.socket, host: str, port: int) -> None:
        self._connected = connected
        super().__init__(host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connected


class SmtpChannel:
    """`Channel` by e-mail."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Raises OSError for an authority that cannot be read."""
        self._settings = settings
        self._tls = strict_tls(settings.authority)

    def send(self, message: Outgoing) -> None:
        """Send it by one connection."""
        written = self.written(message)
        with self._connected() as server:
            self._carry(server, message, written)

    def written(self, message: Outgoing) -> EmailMessage:
        """The message as it travels. Raises `Refused` for what is no address, or no line."""
        if not is_address(message.address):
            raise Refused("not an address")
        if not all(line.isprintable() for line in (message.id, message.title, message.language)):
            raise Refused("not one line")
        name, address = parseaddr(self._settings.sender)
        sender = Address(display_name=name, addr_spec=address)
        mail = EmailMessage(policy=_POLICY)
        mail["Subject"] = message.title
        mail["From"] = sender
        mail["To"] = Address(addr_spec=message.address)
        mail["Date"] = format_datetime(message.written_at)
        mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Content-Language"] = message.language
        if self._settings.unsubscribe:
            mail["List-Unsubscribe"] = f"<{self._settings.unsubscribe}>"
        mail.set_content(message.text.rstrip("\n") + "\n", charset="utf-8")
        return mail

    def _carry(self, server: smtplib.SMTP, message: Outgoing, written: EmailMessage) -> None:
        """What goes wrong from here on is about this message, so that it holds up no other."""
        sender = parseaddr(self._settings.sender)[1]
        try:
            server.sendmail(sender, [message.address], written.as_bytes())
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, said)] = refused.recipients.values()
            raise _about_the_address(code, said) from None
        except smtplib.SMTPSenderRefused as refused:
            raise ChannelAway(f"sender refused: {_status(refused.smtp_code, refused.smtp_error)}") from None
        except smtplib.SMTPResponseException as refused:
            raise _about_the_address(refused.smtp_code, refused.smtp_error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(type(error).__name__) from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection that is encrypted and logged in. Whoever takes too long with it is cut off."""
        with time_limit(self._settings.longest) as limit:
            try:
                server = self._connect(limit)
            except smtplib.SMTPResponseException as error:
                raise ChannelAway(_status(error.smtp_code, error.smtp_error)) from None
            except (smtplib.SMTPException, OSError) as error:
                raise ChannelAway(type(error).__name__) from None
            with closing(server):
                self._begin(server)
                yield server
                with suppress(smtplib.SMTPException, OSError):  # it is sent, whatever is answered to this
                    server.quit()

    def _connect(self, limit: TimeLimit) -> smtplib.SMTP:
        given = self._settings
        connected = limit.connect(given.host, given.port, given.patience)
        if given.smtps:
            connected = self._tls.wrap_socket(connected, server_hostname=given.host)
        return _Smtp(connected, given.host, given.port)

    def _begin(self, server: smtplib.SMTP) -> None:
        try:
            if not self._settings.smtps:
                server.starttls(context=self._tls)
            if self._settings.user:
                server.login(self._settings.user, self._settings.password)
        except smtplib.SMTPResponseException as error:
            raise ChannelAway(_status(error.smtp_code, error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelAway(type(error).__name__) from None


def _about_the_address(code: int, said: bytes | str) -> TryLater | Refused:
    """What an answer to one message means: 5xx is for good where it is about the mailbox, or says no more.

    5.7 (a policy) may be a setting of ours or theirs that somebody mends.
    """
    status = _status(code, said)
    enhanced = status.partition(" ")[2]
    for_good = code >= _PERMANENT and (not enhanced or enhanced.startswith(_GONE_FOR_GOOD))
    return Refused(status) if for_good else TryLater(status)


def _status(code: int, said: bytes | str) -> str:
    """The code, and the enhanced status code if there is one. The rest may hold an address."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    enhanced = _ENHANCED.match(text)
    return f"{code} {enhanced[0]}" if enhanced else str(code)
