"""The Secrets and ConfigMaps of an installation in Kubernetes: made when they are missing.

No Secret that exists is changed. The ConfigMap of the relays' public keys is added to.
"""

import base64
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import root_of
from libs.runtime.cluster.kubernetes import Object, Objects
from libs.runtime.cluster.own_certificate import own_certificate
from libs.runtime.config.guards import CannotStart

MAKERS: Mapping[str, Callable[[], str]] = {
    "password": lambda: secrets.token_urlsafe(24),
    "master-key": lambda: base64.b64encode(os.urandom(32)).decode(),
    "ed25519": lambda: SigningKey.generate().pem().decode(),
}
"""What makes a value, by its kind."""

_MASTER_KEY = "master-key"
_KEEP = {
    "argocd.argoproj.io/sync-options": "Prune=false",
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
}
"""For Argo CD, which would prune what it does not find in a chart."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value in a Secret."""

    secret: str
    key: str


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Secret: of what kind the value of each key is, and what else it holds."""

    name: str
    keys: Mapping[str, str]
    texts: Mapping[str, str] = {}
    type: str = "Opaque"
    labels: Mapping[str, str] = {}


class RelayKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The private key of each service's relay, and the ConfigMap for the public halves."""

    config_map: str
    private: Mapping[str, Place]


class Root(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Identity's signing key, and the ConfigMap for the public key of its root."""

    config_map: str
    signing_key: Place


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TLS Secret with an authority of its own, and the names that its certificate is for."""

    secret: str
    names: Sequence[str]


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """All that an installation needs. `labels`: by them, what was made for it is known later."""

    labels: Mapping[str, str] = {}
    secrets: Sequence[Wanted] = ()
    relay_keys: RelayKeys | None = None
    root: Root | None = None
    certificate: Certificate | None = None


def plan_of(text: str) -> Plan:
    """Read a plan in JSON. Raises `CannotStart`."""
    try:
        plan = msgspec.json.decode(text, type=Plan)
    except msgspec.MsgspecError as error:
        raise CannotStart(f"the plan of the secrets cannot be read: {error}") from None
    unknown = {kind for wanted in plan.secrets for kind in wanted.keys.values()} - set(MAKERS)
    if unknown:
        raise CannotStart(f"nobody can make a value of the kind {', '.join(sorted(unknown))}")
    return plan


def make(plan: Plan, objects: Objects) -> Iterator[str]:
    """Make what is missing; answers a line for each object. May be repeated.

    Raises `CannotStart` if a Secret lacks a key, if the published root is not that of the signing key, or
    if the master key is missing and others are there that were made with it: then it was lost, and a new
    one would open nothing that the old one enciphered. Secrets that an operator made before prove nothing.
    """
    maps = [each.config_map for each in (plan.relay_keys, plan.root) if each is not None]
    published = {name: objects.get("ConfigMap", name) for name in maps}  # first: another job makes them last
    found = {wanted.name: objects.get("Secret", wanted.name) for wanted in plan.secrets}
    _refuse_lost_master_key(plan, found, published)
    if plan.root is not None:
        _refuse_another_root(plan.root, published[plan.root.config_map], objects)
    for wanted in plan.secrets:
        yield _secret(plan, wanted, found[wanted.name], objects)
    if plan.certificate is not None:
        yield _certificate(plan, plan.certificate, objects)
    if plan.relay_keys is not None:
        yield from _public_halves(plan, plan.relay_keys, objects)
    if plan.root is not None:
        yield _root(plan, plan.root, objects)


def _refuse_lost_master_key(
    plan: Plan, found: Mapping[str, Object | None], published: Mapping[str, Object | None]
) -> None:
    lost = [w.name for w in plan.secrets if _MASTER_KEY in w.keys.values() and found[w.name] is None]
    others = [
        f"{kind} {name}"
        for kind, objects in (("Secret", found), ("ConfigMap", published))
        for name, there in objects.items()
        if there is not None and _made_for(plan, there)
    ]
    if lost and others:
        raise CannotStart(
            f"the Secret {lost[0]} is missing, and {others[0]}, made beside it, is there: restore the master"
            f" key from a backup (to start over with empty databases, delete {', '.join(others)}, too)"
        )


def _made_for(plan: Plan, there: Object) -> bool:
    labels = there.get("metadata", {}).get("labels") or {}
    return plan.labels.items() <= labels.items()


def _refuse_another_root(root: Root, published: Object | None, objects: Objects) -> None:
    """Services trust the root in the ConfigMap: of any other they take no key."""
    if published is None:
        return
    place, trusted = root.signing_key, ((published.get("data") or {}).get("root") or "").split(",")
    restart = "run `helm upgrade` again, and restart all Deployments"
    if objects.get("Secret", place.secret) is None:
        raise CannotStart(
            f"the Secret {place.secret} is missing, and the ConfigMap {root.config_map} holds the root of its"
            f" key: restore it from a backup; or, for a new key, delete that ConfigMap, {restart}"
        )
    if _root_of(root, objects) not in map(str.strip, trusted):
        raise CannotStart(
            f"the key in the Secret {place.secret} has another root than the ConfigMap {root.config_map}"
            f" holds: restore the key; or, if it was replaced on purpose, delete that ConfigMap, {restart}"
        )


def _secret(plan: Plan, wanted: Wanted, there: Object | None, objects: Objects) -> str:
    if there is None:
        values = {**wanted.texts, **{key: MAKERS[kind]() for key, kind in wanted.keys.items()}}
        made = _object(plan, "Secret", wanted.name, values, wanted.labels)
        if objects.create({**made, "type": wanted.type}):
            return f"made Secret {wanted.name}"
        there = objects.get("Secret", wanted.name) or {}  # another job was faster
    missing = [key for key in (*wanted.texts, *wanted.keys) if not there.get("data", {}).get(key)]
    if missing:
        raise CannotStart(
            f"the Secret {wanted.name} has no {', '.join(missing)}: nothing that exists is changed, so add it"
        )
    return f"kept Secret {wanted.name}"


def _certificate(plan: Plan, wanted: Certificate, objects: Objects) -> str:
    if objects.get("Secret", wanted.secret) is not None:
        return f"kept Secret {wanted.secret}"
    made = _object(plan, "Secret", wanted.secret, own_certificate(wanted.names))
    objects.create({**made, "type": "kubernetes.io/tls"})
    return f"made Secret {wanted.secret}"


def _public_halves(plan: Plan, relays: RelayKeys, objects: Objects) -> Iterator[str]:
    """Publish each relay's public key. Earlier ones stay: what they signed can still be verified."""
    there = objects.get("ConfigMap", relays.config_map)
    known: dict[str, str] = dict((there or {}).get("data") or {})
    for service, place in relays.private.items():
        public = SigningKey.from_pem(_value(objects, place).encode()).public_pem().decode()
        file = f"{service}.pem"
        if public.strip() not in known.get(file, ""):
            known[file] = known.get(file, "") + public
            yield f"published the public key of {service}'s relay"
    if there is None:
        objects.create(_object(plan, "ConfigMap", relays.config_map, known))
    elif known != there.get("data"):
        objects.merge("ConfigMap", relays.config_map, {"data": known})


def _root(plan: Plan, root: Root, objects: Objects) -> str:
    if objects.get("ConfigMap", root.config_map) is not None:
        return f"kept ConfigMap {root.config_map}"
    objects.create(_object(plan, "ConfigMap", root.config_map, {"root": _root_of(root, objects)}))
    return f"made ConfigMap {root.config_map}"


def _root_of(root: Root, objects: Objects) -> str:
    key = SigningKey.from_pem(_value(objects, root.signing_key).encode())
    return str(root_of(key).jwk["x"])


def _value(objects: Objects, place: Place) -> str:
    there = objects.get("Secret", place.secret)
    value = ((there or {}).get("data") or {}).get(place.key)
    if not value:
        raise CannotStart(f"there is no Secret {place.secret} with the key {place.key}: make it first")
    return base64.b64decode(value).decode()


def _object(
    plan: Plan, kind: str, name: str, values: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> dict[str, object]:
    about = {"name": name, "labels": {**plan.labels, **(labels or {})}, "annotations": dict(_KEEP)}
    return {"kind": kind, "metadata": about, "stringData" if kind == "Secret" else "data": dict(values)}
