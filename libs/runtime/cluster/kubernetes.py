"""The API of the Kubernetes that this process runs in, as far as a job of ours needs it."""

import json
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from libs.runtime.config.guards import CannotStart

Object = Mapping[str, Any]

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PATIENCE = 20.0
_KINDS = {"Secret": "secrets", "ConfigMap": "configmaps"}


class Objects(Protocol):
    """The objects of one namespace."""

    def get(self, kind: str, name: str) -> Object | None:
        """The object, if there is one."""

    def create(self, body: Object) -> bool:
        """Make an object; False, and nothing changed, if there is one of its name."""

    def merge(self, kind: str, name: str, change: Object) -> None:
        """Change some fields of an object."""


class Api:
    """The objects of a namespace, over HTTPS. Raises `CannotStart`, which names what was refused."""

    def __init__(self, address: str, namespace: str, token: str, trusted: ssl.SSLContext | None) -> None:
        self._base = f"{address}/api/v1/namespaces/{namespace}"
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._trusted = trusted

    @classmethod
    def inside(cls) -> "Api":
        """The API server of the cluster that this pod runs in, as its service account."""
        host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
        if not host or not port:
            raise CannotStart("this is no pod: KUBERNETES_SERVICE_HOST is not set")
        try:
            token, namespace = (
                (_ACCOUNT / name).read_text("utf-8").strip() for name in ("token", "namespace")
            )
            trusted = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
        except OSError as error:
            raise CannotStart(f"the pod has no token of a service account: {error}") from None
        address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        return cls(address, namespace, token, trusted)

    def get(self, kind: str, name: str) -> Object | None:
        """The object, if there is one."""
        return self._asked("GET", f"{_KINDS[kind]}/{name}", allowed=404)

    def create(self, body: Object) -> bool:
        """Make an object; False, and nothing changed, if there is one of its name."""
        kind = _KINDS[body["kind"]]
        return self._asked("POST", kind, {"apiVersion": "v1", **body}, allowed=409) is not None

    def merge(self, kind: str, name: str, change: Object) -> None:
        """Change some fields of an object."""
        self._asked("PATCH", f"{_KINDS[kind]}/{name}", change)

    def _asked(self, verb: str, path: str, body: Object | None = None, *, allowed: int = 0) -> Object | None:
        """The answer; None if the status is the one that is `allowed`."""
        content = "application/merge-patch+json" if verb == "PATCH" else "application/json"
        request = Request(  # noqa: S310  # the address is the API server's
            f"{self._base}/{path}",
            method=verb,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self._headers, "Content-Type": content},
        )
        try:
            with urlopen(request, timeout=_PATIENCE, context=self._trusted) as answer:  # noqa: S310
                found: Object = json.load(answer)
                return found
        except HTTPError as refused:
            if refused.code == allowed:
                return None
            why = f"{refused.code} {refused.reason}"
            raise CannotStart(f"the Kubernetes API refused {verb} {path}: {why}") from None
        except (URLError, OSError) as error:
            raise CannotStart(f"the Kubernetes API does not answer: {error}") from None
