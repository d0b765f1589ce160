"""The node's own authority, a certificate for each component, and the kubeconfigs that name them."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from e2e.cluster.place import API_PORT, API_SERVICE_IP, NODE, NODE_IP, Place
from libs.testkit.certificates import Authority, Pair

_DAYS = 30
_API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    "127.0.0.1",
    NODE_IP,
    API_SERVICE_IP,
)


def make(place: Place, port: int) -> None:
    """Write all keys; `port` is where this machine's loopback leads to the API server."""
    authority = Authority(place.keys, "authority", days=_DAYS)
    inside = f"https://{NODE_IP}:{API_PORT}"
    authority.sign("apiserver", *_API_NAMES)
    authority.sign("apiserver-to-kubelet", organisation="system:masters")
    kubelet = authority.sign(
        "kubelet", NODE, NODE_IP, common_name=f"system:node:{NODE}", organisation="system:nodes"
    )
    _kubeconfig(place.keys / "kubelet.kubeconfig", inside, authority.file, kubelet)
    for component in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
        pair = authority.sign(component, common_name=f"system:{component}")
        _kubeconfig(place.keys / f"{component}.kubeconfig", inside, authority.file, pair)
    administrator = authority.sign("administrator", organisation="system:masters")
    _kubeconfig(place.keys / "administrator.kubeconfig", inside, authority.file, administrator)
    _kubeconfig(place.kubeconfig, f"https://127.0.0.1:{port}", authority.file, administrator)
    _service_accounts(place.keys)


def _kubeconfig(to: Path, server: str, authority: Path, pair: Pair) -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "linli",
        "clusters": [
            {"name": "linli", "cluster": {"server": server, "certificate-authority": str(authority)}}
        ],
        "users": [
            {
                "name": "linli",
                "user": {"client-certificate": str(pair.certificate), "client-key": str(pair.key)},
            }
        ],
        "contexts": [{"name": "linli", "context": {"cluster": "linli", "user": "linli"}}],
    }
    to.write_text(json.dumps(content), "utf-8")


def _service_accounts(folder: Path) -> None:
    """The key that signs pods' tokens."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "service-accounts.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    (folder / "service-accounts.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
