"""Text messages: by the HTTPS gateway of the operator, signed as Standard Webhooks 1.0 says.

`POST` of `{"id": ..., "to": "+8613800138000", "text": ...}` as JSON in UTF-8. The headers of
`libs/notify/standard_webhooks.py` let the gateway check who sent it, and drop what it has sent already: a
message that is tried again has the same id and the same text.

The gateway answers 2xx when it has taken the message, 422 when it will never take one to this number, and 429
or 503 when it takes none at the moment. No redirect is followed, and no body of an answer is read.
"""

import http.client
import json
from dataclasses import dataclass
from pathlib import Path

from libs.ledger.recorded import utc_now
from libs.notify.channel import ChannelAway, Outgoing, Refused, TryLater
from libs.notify.connections import https_url, strict_tls, time_limit
from libs.notify.standard_webhooks import headers
from libs.rules.phone_numbers import is_e164

_NEVER = 422
_ABOUT_ONE_MESSAGE = frozenset({400, 409, 413, 500})


class SmsGatewayInvalid(ValueError):
    """The address of the gateway cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    """`patience`: seconds for one answer of the gateway; `longest`: for a whole message."""

    host: str
    port: int
    path: str
    key: bytes
    authority: Path | None = None
    patience: float = 20.0
    longest: float = 60.0

    def __repr__(self) -> str:
        """Never shows the key."""
        return f"SmsSettings({self.host}:{self.port})"


def settings_of(url: str, key: bytes, *, authority: Path | None = None) -> SmsSettings:
    """The settings of `https://host:port/path` and the key of its secret. Raises `SmsGatewayInvalid`."""
    try:
        found = https_url(url)
    except ValueError:
        raise SmsGatewayInvalid("write it as https://sms.example.org/messages") from None
    return SmsSettings(host=found.host, port=found.port, path=found.path, key=key, authority=authority)


class SmsChannel:
    """`Channel` by text message: the title alone, which fits one message."""

    def __init__(self, settings: SmsSettings) -> None:
        """Raises OSError for an authority that cannot be read."""
        self._settings = settings
        self._tls = strict_tls(settings.authority)

    def send(self, message: Outgoing) -> None:
        """Send it by one connection."""
        if not is_e164(message.address):
            raise Refused("not a number")
        told = {"id": message.id, "to": message.address, "text": message.title}
        body = json.dumps(told, ensure_ascii=False).encode()
        given = self._settings
        server = http.client.HTTPSConnection(given.host, given.port, context=self._tls)
        with time_limit(given.longest) as limit:
            try:
                connected = limit.connect(given.host, given.port, given.patience)
                server.sock = self._tls.wrap_socket(connected, server_hostname=given.host)
            except OSError as error:
                raise ChannelAway(type(error).__name__) from None
            with server.sock:
                self._carry(server, message.id, body)

    def _carry(self, server: http.client.HTTPSConnection, message_id: str, body: bytes) -> None:
        """What goes wrong from here on is about this message, so that it holds up no other."""
        signed = headers(message_id, utc_now(), body, self._settings.key)
        try:
            server.request("POST", self._settings.path, body, signed)
            status = server.getresponse().status
        except (http.client.HTTPException, OSError) as error:
            raise TryLater(type(error).__name__) from None
        _judge(status)


def _judge(status: int) -> None:
    """What an answer means; most are about the gateway or our settings, whatever the message."""
    if 200 <= status < 300:  # taken
        return
    if status == _NEVER:
        raise Refused(str(status))
    if status in _ABOUT_ONE_MESSAGE:
        raise TryLater(str(status))
    raise ChannelAway(str(status))
