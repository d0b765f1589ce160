"""The command lines of everything that runs on the node, in the order in which it starts."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import door
from e2e.cluster.place import (
    API_PORT,
    NODE,
    NODE_IP,
    POD_CIDR,
    SERVICE_CIDR,
    Place,
)

_ETCD = "http://127.0.0.1:2379"
_ETCD_PEERS = "http://127.0.0.1:2380"


@dataclass(frozen=True, slots=True)
class Component:
    """A program of the node; it starts once the command `after` has succeeded."""

    name: str
    command: Sequence[str]
    after: Sequence[str] = ("true",)


def components(place: Place, programs: Path, listening: int) -> Iterator[Component]:
    """All of them; `listening` is the open socket on the machine's loopback that leads to the API server.

    The kubelet ends at once while containerd does not answer, and the controller manager where the API server
    is not ready within ten seconds: on a busy machine both happen, hence `after`.
    """
    answers = ("ctr", "-a", str(place.containerd), "version")
    kubectl = (f"{programs}/kubectl", "--kubeconfig", f"{place.keys}/administrator.kubeconfig")
    ready = (*kubectl, "get", "--raw", "/readyz")
    yield Component("containerd", ("containerd", "-c", f"{place.settings}/containerd.toml"))
    yield Component("etcd", _etcd(place))
    yield Component("kube-apiserver", _api_server(place, programs))
    yield Component(
        "door", (sys.executable, str(Path(door.__file__)), f"fd:{listening}={NODE_IP}:{API_PORT}")
    )
    yield Component("kube-controller-manager", _controller_manager(place, programs), ready)
    yield Component("kube-scheduler", _scheduler(place, programs), ready)
    yield Component("kubelet", _kubelet(place, programs), answers)
    yield Component(
        "kube-proxy", (f"{programs}/kube-proxy", f"--config={place.settings}/kube-proxy.yaml"), ready
    )


def _etcd(place: Place) -> Sequence[str]:
    """It need not survive a power cut."""
    return (
        "etcd",
        f"--data-dir={place.state}/etcd",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_ETCD_PEERS}",
        "--unsafe-no-fsync",
    )


def _api_server(place: Place, programs: Path) -> Sequence[str]:
    keys = place.keys
    return (
        f"{programs}/kube-apiserver",
        f"--etcd-servers={_ETCD}",
        f"--advertise-address={NODE_IP}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        f"--client-ca-file={keys}/authority.pem",
        f"--tls-cert-file={keys}/apiserver.pem",
        f"--tls-private-key-file={keys}/apiserver.key",
        f"--kubelet-certificate-authority={keys}/authority.pem",
        f"--kubelet-client-certificate={keys}/apiserver-to-kubelet.pem",
        f"--kubelet-client-key={keys}/apiserver-to-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys}/service-accounts.pub",
        f"--service-account-signing-key-file={keys}/service-accounts.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
    )


def _controller_manager(place: Place, programs: Path) -> Sequence[str]:
    return (
        f"{programs}/kube-controller-manager",
        f"--kubeconfig={place.keys}/kube-controller-manager.kubeconfig",
        f"--service-account-private-key-file={place.keys}/service-accounts.key",
        f"--root-ca-file={place.keys}/authority.pem",
        "--use-service-account-credentials",
        "--allocate-node-cidrs",
        f"--cluster-cidr={POD_CIDR}",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    )


def _scheduler(place: Place, programs: Path) -> Sequence[str]:
    return (
        f"{programs}/kube-scheduler",
        f"--kubeconfig={place.keys}/kube-scheduler.kubeconfig",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    )


def _kubelet(place: Place, programs: Path) -> Sequence[str]:
    return (
        f"{programs}/kubelet",
        f"--config={place.settings}/kubelet.yaml",
        f"--kubeconfig={place.keys}/kubelet.kubeconfig",
        f"--hostname-override={NODE}",
        f"--node-ip={NODE_IP}",
        f"--root-dir={place.state}/kubelet",
        f"--cert-dir={place.state}/kubelet/keys",
    )
