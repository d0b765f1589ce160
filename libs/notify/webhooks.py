"""Webhooks: messages to endpoints that partners named, by HTTPS, signed as Standard Webhooks 1.0 says.

Who receives them is a stranger: the address is checked (`safe_addresses`), the certificate must be good for
the host's name, no redirect is followed, no body of an answer is read, and all of it takes a bounded time.
"""

import http.client
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from libs.notify.channel import ChannelAway, Signed, TryLater
from libs.notify.connections import HttpsUrl, TimeLimit, https_url, strict_tls, time_limit
from libs.notify.safe_addresses import Address, AddressRefused, SafeAddresses
from libs.notify.standard_webhooks import headers, key_of, new_secret

_ABOUT_ONE_MESSAGE = frozenset({400, 409, 413, 415, 422, 500})
_TRIED = 3  # addresses of one name
_PATIENCE, _LONGEST = 5.0, 10.0  # seconds: for the name and for one answer, and for all after the name


class Webhooks:
    """Sends messages to endpoints, from any thread."""

    def __init__(
        self,
        safe: SafeAddresses,
        authority: Path | None = None,
        *,
        patience: float = _PATIENCE,
        longest: float = _LONGEST,
    ) -> None:
        """Raises OSError for an authority that cannot be read."""
        self._safe = safe
        self._tls = strict_tls(authority)
        self._patience = patience
        self._longest = longest

    def new_secret(self) -> str:
        """A secret that nobody knows yet, to sign by."""
        return new_secret()

    def takes(self, url: str) -> bool:
        """Whether a URL can be one of an endpoint, as far as can be told without asking for its name."""
        try:
            host = https_url(url).host
        except ValueError:
            return False
        address = _address_in(host)
        return address is None or self._safe.permits(address)

    def send(self, message: Signed) -> None:
        """Post a message.

        Raises `TryLater` where the endpoint did not take this one, and `ChannelAway` where it takes none at
        the moment, or must not be asked. The reason is a word or the status of the answer.
        """
        where = https_url(message.url)
        addresses = self._addresses(where)
        with time_limit(self._longest) as limit:
            server = self._connected(where, addresses, limit)
            with server.sock:
                self._carry(server, where.path, message)

    def _addresses(self, where: HttpsUrl) -> Sequence[str]:
        try:
            return self._safe.of(where.host, where.port, self._patience)
        except AddressRefused as refused:
            raise ChannelAway(refused.reason) from None
        except OSError as error:
            raise ChannelAway(_word(error)) from None

    def _connected(
        self, where: HttpsUrl, addresses: Sequence[str], limit: TimeLimit
    ) -> http.client.HTTPSConnection:
        server = http.client.HTTPSConnection(where.host, where.port, context=self._tls)
        try:
            connected = self._reached(addresses, where.port, limit)
            server.sock = self._tls.wrap_socket(connected, server_hostname=where.host)
        except OSError as error:
            raise ChannelAway(_word(error)) from None
        return server

    def _reached(self, addresses: Sequence[str], port: int, limit: TimeLimit) -> socket.socket:
        """A connection to the first of the addresses that takes one."""
        *others, last = addresses[:_TRIED]
        for address in others:
            with suppress(OSError):
                return limit.connect(address, port, self._patience, within=self._patience / _TRIED)
        return limit.connect(last, port, self._patience)

    def _carry(self, server: http.client.HTTPSConnection, path: str, message: Signed) -> None:
        signed = headers(message.id, message.at, message.body, *map(key_of, message.secrets))
        try:
            server.request("POST", path, message.body, signed)
            status = server.getresponse().status
        except (http.client.HTTPException, OSError) as error:
            raise ChannelAway(_word(error)) from None
        if status in _ABOUT_ONE_MESSAGE:
            raise TryLater(str(status))
        if not 200 <= status < 300:
            raise ChannelAway(str(status))


def _word(error: Exception) -> str:
    """What is wrong, without what the other side said."""
    match error:
        case socket.gaierror():
            return "host_unknown"
        case ssl.SSLCertVerificationError():
            return "certificate_refused"
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "tls_failed"
        case http.client.HTTPException() if not isinstance(error, http.client.RemoteDisconnected):
            return "answer_unreadable"
        case _:
            return "connection_failed"


def _address_in(host: str) -> Address | None:
    """The address that a host is, in whatever form a resolver takes for one; None for a name."""
    if host.rstrip(".").rpartition(".")[2] == "localhost":  # RFC 6761
        return ip_address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return ip_address(socket.inet_aton(host))  # 2130706433, 0x7f.1, 127.1
    except OSError:
        return None
