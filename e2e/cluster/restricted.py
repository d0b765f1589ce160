"""What Kubernetes' restricted profile asks of a pod, read off the pod as it runs."""

from collections.abc import Iterator, Mapping
from typing import Any

_VOLUMES = {
    *("configMap", "downwardAPI", "projected", "secret"),
    *("csi", "emptyDir", "ephemeral", "persistentVolumeClaim"),
}


def shortcomings(pod: Mapping[str, Any]) -> Iterator[str]:
    """In what a pod is less than restricted, a sentence each. Files that it may write count, too."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    shared = spec.get("securityContext", {})
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{name}: {key}"
    for volume in spec.get("volumes", ()):
        if kinds := set(volume) - {"name"} - _VOLUMES:
            yield f"{name}: volume {volume['name']} is a {', '.join(sorted(kinds))}"
    for container in [*spec.get("initContainers", ()), *spec["containers"]]:
        for wrong in _container({**shared, **container.get("securityContext", {})}):
            yield f"{name}, container {container['name']}: {wrong}"


def _container(context: Mapping[str, Any]) -> Iterator[str]:
    capabilities = context.get("capabilities", {})
    if context.get("runAsNonRoot") is not True:
        yield "may run as root"
    if context.get("runAsUser") == 0:
        yield "runs as root"
    if context.get("privileged"):
        yield "is privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if "ALL" not in capabilities.get("drop", ()) or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "has capabilities"
    if context.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "may use every system call"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image's files"
