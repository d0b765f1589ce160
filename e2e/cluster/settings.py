"""The configuration files of containerd, the pods' network, the kubelet and kube-proxy."""

import json
from pathlib import Path
from typing import Any

from e2e.cluster.build import image_of
from e2e.cluster.place import DNS_SERVICE_IP, NODE, NODE_CIDR, NODE_IP, POD_CIDR, Place

DOMAIN = "cluster.local"


def write(place: Place) -> None:
    """Write them all."""
    networks = place.settings / "networks"
    networks.mkdir()
    (place.settings / "containerd.toml").write_text(containerd(place), "utf-8")
    _write(networks / "10-linli.conflist", network(place))
    (place.settings / "resolv.conf").write_text("", "utf-8")  # CoreDNS knows the cluster, and nothing beyond
    _write(place.settings / "kubelet.yaml", kubelet(place))
    _write(place.settings / "kube-proxy.yaml", kube_proxy(place))


def containerd(place: Place) -> str:
    """Its TOML. Without CAP_SYS_RESOURCE no process may get a lower oom_score_adj than its parent's."""
    return f"""\
version = 2
root = "{place.state}/containerd"
state = "/run/containerd"
[grpc]
  address = "{place.containerd}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image_of("pause")}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{place.settings}/networks"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.internal.v1.opt"]
  path = "{place.state}/opt"
"""


def network(place: Place) -> dict[str, Any]:
    """Pods hang on a bridge of the node, and reach nothing outside of it."""
    addresses = {
        "type": "host-local",
        "dataDir": f"{place.state}/addresses",
        "ranges": [[{"subnet": NODE_CIDR}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "linli", "plugins": [bridge, ports]}


def kubelet(place: Place) -> dict[str, Any]:
    """`oomScoreAdj` and `maxOpenFiles`: what a container without CAP_SYS_RESOURCE may set.

    A Secret that was replaced reaches its pods within `syncFrequency`, and a half of it: a minute elsewhere.
    """
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_IP,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{place.keys}/authority.pem"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{place.keys}/kubelet.pem",
        "tlsPrivateKeyFile": f"{place.keys}/kubelet.key",
        "containerRuntimeEndpoint": f"unix://{place.containerd}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{place.name}",
        "clusterDomain": DOMAIN,
        "clusterDNS": [DNS_SERVICE_IP],
        "resolvConf": f"{place.settings}/resolv.conf",
        "failSwapOn": False,
        "syncFrequency": "15s",
        "maxOpenFiles": 20000,
        "oomScoreAdj": 0,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1Gi",
            "imagefs.available": "1Gi",
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "volumePluginDir": f"{place.state}/volume-plugins",
    }


def kube_proxy(place: Place) -> dict[str, Any]:
    """The limits of connection tracking stay as they are."""
    unchanged = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": NODE_IP,
        "hostnameOverride": NODE,
        "mode": "iptables",
        "clusterCIDR": POD_CIDR,
        "clientConnection": {"kubeconfig": f"{place.keys}/kube-proxy.kubeconfig"},
        "oomScoreAdj": 0,
        "conntrack": unchanged,
    }


def _write(to: Path, content: dict[str, Any]) -> None:
    """JSON is YAML."""
    to.write_text(json.dumps(content, indent=2), "utf-8")
