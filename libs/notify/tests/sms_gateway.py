"""A real HTTPS gateway for text messages in the test's process, which answers as it is told."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from libs.notify.sms import SmsSettings, settings_of
from libs.notify.standard_webhooks import signature
from libs.notify.tests.https import Handler, serving
from libs.testkit.certificates import Authority

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class SmsGateway:
    """What it got, each with its id, and how it answers; `hangs` and `cuts`: it does not.

    `hangs_for`: it takes its time with messages to this number, until `over`.
    """

    settings: SmsSettings
    url: str
    status: int = 200
    hangs: bool = False
    hangs_for: str = ""
    cuts: bool = False
    location: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def sms_gateway(folder: Path, *, host: str = "localhost") -> Iterator[SmsGateway]:
    """It has a certificate for `host`, from an authority that the settings name, and checks signatures."""
    authority = Authority(folder)
    pair = authority.sign("sms", host)
    with serving(pair, _Handler) as server:
        url = f"https://localhost:{server.server_port}/messages?from=linli"
        gateway = SmsGateway(settings_of(url, KEY, authority=authority.file), url)
        server.gateway = gateway  # type: ignore[attr-defined]  # for its handlers
        try:
            yield gateway
        finally:
            gateway.over.set()


class _Handler(Handler):
    def do_POST(self) -> None:  # noqa: N802  # http.server finds it by this name
        gateway: SmsGateway = self.server.gateway  # type: ignore[attr-defined]  # set above
        body = self.rfile.read(int(self.headers["content-length"]))
        message_id, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        gateway.asked.append(self.path)
        if gateway.hangs or json.loads(body)["to"] == gateway.hangs_for:
            gateway.over.wait()
        if gateway.hangs or gateway.cuts:
            return
        known = self.headers["webhook-signature"] == signature(KEY, message_id, at, body)
        status = gateway.status if known else 401
        if status == 200:
            gateway.got.append({"webhook-id": message_id, **json.loads(body)})
        self.send_response(status)
        if gateway.location:
            self.send_header("location", gateway.location)
        self.end_headers()
