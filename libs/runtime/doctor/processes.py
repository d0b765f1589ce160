"""What running processes say of themselves: whether they live, are ready, and of which release they are."""

import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from libs.runtime.doctor.finding import Finding, Looking
from libs.telemetry import metrics

_PATIENCE = 10.0
_VERSION = re.compile(r'^linli_build_info\{.*version="([^"]+)".*\} 1\.0$', re.MULTILINE)


def look_at_all_processes(looking: Looking, url: str) -> Iterator[Finding]:
    """Each process at an address of the URL's name, as a headless Service of Kubernetes has them."""
    to = urlsplit(url)
    try:
        found = socket.getaddrinfo(to.hostname, to.port, type=socket.SOCK_STREAM)
    except OSError as error:
        do = "does no process run at all? in Kubernetes: `kubectl get pods`; else the name is wrong"
        yield looking.broken("process", f"{to.hostname} has no address ({error.strerror})", do)
        return
    for host in sorted({str(address[0]) for *_, address in found}):
        at = f"[{host}]" if ":" in host else host
        yield from look_at_process(looking, f"{to.scheme}://{at}:{to.port}")


def look_at_process(looking: Looking, url: str) -> Iterator[Finding]:
    """A process at the address of its probes (`http://127.0.0.1:7480`)."""
    try:
        ready = _get(f"{url}/readyz")
        live = _get(f"{url}/livez")
        told = _get(f"{url}/metrics")[1]
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        do = (
            "is it up? its log says `cannot go on` with the cause, or why it refuses to start; on Kubernetes"
            " first that of the container await-schema (`kubectl get pods -o wide` has the pod of an address)"
        )
        yield looking.broken("process", f"nothing answers at {url} ({reason})", do)
        return
    if live[0] != 200:
        yield looking.broken("process", f"{url} is stuck or failed: {live[1].strip()}", "restart it")
    missing = {name: said for name, said in _checks(ready[1]).items() if said != "ok"}
    for name, said in missing.items():
        if ready[0] == 200:
            yield looking.soon("process", f"{url} says of {name}: {said}", "it serves on meanwhile")
        else:
            yield looking.broken("process", f"{url} is not ready: {name}: {said}", "see the findings above")
    if live[0] == ready[0] == 200 and not missing:
        yield looking.ok("process", f"{url} is ready ({', '.join(_services(ready[1]))})")
    yield from _release(looking, url, told)


def _release(looking: Looking, url: str, told: str) -> Iterator[Finding]:
    found, ours = _VERSION.search(told), metrics.version()
    if found and found[1] != ours:
        says = f"{url} runs release {found[1]}, and this command is of {ours}"
        yield looking.soon(
            "release", says, "complete the roll-out, or run this command from the same release"
        )


def _services(body: str) -> list[str]:
    """The services of a process: its checks have their names."""
    return sorted({name.partition(".")[0] for name in _checks(body) if "." in name})


def _checks(body: str) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {"readyz": "gives no answer in JSON: is this the port of the probes?"}
    return told if isinstance(told, dict) else {}


def _get(url: str) -> tuple[int, str]:
    """Status and body. The certificate is not verified: no secret is sent, and no answer is relied on."""
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE, context=unverified) as answer:  # noqa: S310  # given
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
