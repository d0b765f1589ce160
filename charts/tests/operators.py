"""The objects of operators that the chart makes: the fields that their CRDs have and the chart gives.

Names and types are those of CloudNativePG 1.30 (config/crd/bases, Apache-2.0) and of RabbitMQ's cluster
operator 2.22 (the same folder, MPL-2.0); a name that ends with `!` is required there. `dict` is a shape of
Kubernetes' own or a mapping of texts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_NAMED = {"name!": str}

CLUSTER: Mapping[str, Any] = {
    "instances!": int,
    "imageName": str,
    "imagePullSecrets": [_NAMED],
    "postgresql": {
        "parameters": dict,
        "synchronous": {
            "method!": ("any", "first"),
            "number!": int,
            "dataDurability": ("required", "preferred"),
        },
    },
    "managed": {
        "roles": [
            {
                "name!": str,
                "ensure": ("present", "absent"),
                "login": bool,
                "inRoles": [str],
                "passwordSecret": _NAMED,
            }
        ]
    },
    "storage": {"size": str, "storageClass": str},
    "resources": dict,
}
DATABASE: Mapping[str, Any] = {
    "cluster!": _NAMED,
    "name!": str,
    "owner!": str,
    "databaseReclaimPolicy": ("delete", "retain"),
}
RABBITMQ_CLUSTER: Mapping[str, Any] = {
    "replicas": int,
    "image": str,
    "imagePullSecrets": [_NAMED],
    "persistence": {"storage": str, "storageClassName": str},
    "resources": dict,
    "tls": {"secretName": str, "disableNonTLSListeners": bool},
    "rabbitmq": {"additionalConfig": str},
    "override": {"statefulSet": {"spec": {"template": {"spec": dict}}}},
}


def faults(given: Any, shape: Any, path: str = "spec") -> Iterator[str]:
    """What of an object its CRD does not take."""
    if isinstance(shape, Mapping):
        known = {name.removesuffix("!"): part for name, part in shape.items()}
        yield from (f"{path}.{name} is unknown" for name in given.keys() - known.keys())
        yield from (f"{path}.{n[:-1]} is missing" for n in shape if n.endswith("!") and n[:-1] not in given)
        for name in given.keys() & known.keys():
            yield from faults(given[name], known[name], f"{path}.{name}")
    elif isinstance(shape, list):
        for each in given:
            yield from faults(each, shape[0], f"{path}[]")
    elif isinstance(shape, tuple):
        if given not in shape:
            yield f"{path} is {given}, none of {', '.join(shape)}"
    elif type(given) is not shape:
        yield f"{path} is no {shape.__name__}"
