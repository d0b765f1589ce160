"""The Secrets of an installation: made once, whatever happens, and never changed."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509

from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import root_of
from libs.runtime.cluster.made_secrets import Plan, make, plan_of
from libs.runtime.config.guards import CannotStart

PLAN = {
    "labels": {"linli/made-for": "elm"},
    "secrets": [
        {"name": "elm-master-key", "keys": {"master-key": "master-key"}},
        {"name": "elm-signing-key", "keys": {"signing-key.pem": "ed25519"}},
        {"name": "elm-cases-relay", "keys": {"private.pem": "ed25519"}},
        {"name": "elm-cases-database", "keys": {"password": "password", "owner-password": "password"}},
    ],
    "relayKeys": {
        "configMap": "elm-relays",
        "private": {"cases": {"secret": "elm-cases-relay", "key": "private.pem"}},
    },
    "root": {
        "configMap": "elm-root",
        "signingKey": {"secret": "elm-signing-key", "key": "signing-key.pem"},
    },
    "certificate": {"secret": "elm-tls", "names": ["elm-cases.town.svc"]},
}


class Namespace:
    """The objects of a namespace, as the API server keeps them."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Any] = {}

    def get(self, kind: str, name: str) -> Any:
        return self.objects.get((kind, name))

    def create(self, body: Any) -> bool:
        place = (body["kind"], body["metadata"]["name"])
        if place in self.objects:
            return False
        texts = body.get("stringData", {})
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        self.objects[place] = {**body, "data": encoded or body.get("data", {})}
        return True

    def merge(self, kind: str, name: str, change: Any) -> None:
        self.objects[kind, name]["data"] |= change["data"]

    def value(self, secret: str, key: str) -> str:
        return base64.b64decode(self.objects["Secret", secret]["data"][key]).decode()


@pytest.fixture
def namespace() -> Namespace:
    return Namespace()


def plan(**changes: Any) -> Plan:
    return plan_of(json.dumps({**PLAN, **changes}))


def test_a_fresh_installation_gets_keys_that_the_services_take(namespace: Namespace) -> None:
    list(make(plan(), namespace))

    MasterKey.from_text(namespace.value("elm-master-key", "master-key"))
    relay = SigningKey.from_pem(namespace.value("elm-cases-relay", "private.pem").encode())
    assert namespace.get("ConfigMap", "elm-relays")["data"] == {"cases.pem": relay.public_pem().decode()}
    signing = SigningKey.from_pem(namespace.value("elm-signing-key", "signing-key.pem").encode())
    assert namespace.get("ConfigMap", "elm-root")["data"] == {"root": root_of(signing).jwk["x"]}
    passwords = {namespace.value("elm-cases-database", key) for key in ("password", "owner-password")}
    assert len(passwords) == 2


def test_the_certificate_names_the_services_and_comes_with_its_authority(namespace: Namespace) -> None:
    list(make(plan(), namespace))

    pem = [namespace.value("elm-tls", name).encode() for name in ("tls.crt", "ca.crt")]
    ours, authority = map(x509.load_pem_x509_certificate, pem)
    names = ours.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["elm-cases.town.svc"]
    ours.verify_directly_issued_by(authority)


def test_a_second_run_changes_nothing(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    before = json.dumps(list(namespace.objects.values()))

    said = list(make(plan(), namespace))

    assert json.dumps(list(namespace.objects.values())) == before
    assert all(line.startswith("kept") for line in said)


def test_a_lost_master_key_is_not_replaced(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    del namespace.objects["Secret", "elm-master-key"]

    with pytest.raises(CannotStart, match="restore the master key from a backup"):
        list(make(plan(), namespace))

    assert namespace.get("Secret", "elm-master-key") is None


def test_secrets_that_an_operator_made_before_do_not_count_as_a_lost_master_key(namespace: Namespace) -> None:
    own = {"password": "a", "owner-password": "b"}
    namespace.create({"kind": "Secret", "metadata": {"name": "elm-cases-database"}, "stringData": own})

    said = list(make(plan(), namespace))

    assert "made Secret elm-master-key" in said
    assert "kept Secret elm-cases-database" in said


def test_a_lost_master_key_is_not_replaced_where_only_its_config_maps_are_left(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    for place in [place for place in namespace.objects if place[0] == "Secret"]:
        del namespace.objects[place]

    with pytest.raises(CannotStart, match="ConfigMap elm-relays, made beside it, is there"):
        list(make(plan(), namespace))


def test_a_signing_key_that_is_lost_is_not_replaced_while_its_root_is_published(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    del namespace.objects["Secret", "elm-signing-key"]

    with pytest.raises(CannotStart, match="delete that ConfigMap, run `helm upgrade` again"):
        list(make(plan(), namespace))

    assert namespace.get("Secret", "elm-signing-key") is None
    del namespace.objects["ConfigMap", "elm-root"]
    assert "made ConfigMap elm-root" in list(make(plan(), namespace))


def test_a_signing_key_that_was_replaced_does_not_go_with_the_root_of_the_old_one(
    namespace: Namespace,
) -> None:
    list(make(plan(), namespace))
    pem = base64.b64encode(SigningKey.generate().pem()).decode()
    namespace.objects["Secret", "elm-signing-key"]["data"]["signing-key.pem"] = pem

    with pytest.raises(CannotStart, match="has another root than the ConfigMap elm-root holds"):
        list(make(plan(), namespace))


def test_what_is_made_is_known_by_a_label_of_its_own_and_is_not_pruned(namespace: Namespace) -> None:
    list(make(plan(), namespace))

    for there in namespace.objects.values():
        assert there["metadata"]["labels"] == {"linli/made-for": "elm"}
        assert there["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] == "Prune=false"
        assert "IgnoreExtraneous" in there["metadata"]["annotations"]["argocd.argoproj.io/compare-options"]


def test_a_secret_that_lacks_a_key_is_not_completed(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    del namespace.objects["Secret", "elm-cases-database"]["data"]["owner-password"]

    with pytest.raises(CannotStart, match="elm-cases-database has no owner-password"):
        list(make(plan(), namespace))


def test_a_relay_key_that_was_changed_is_published_beside_the_one_before(namespace: Namespace) -> None:
    list(make(plan(), namespace))
    old = namespace.get("ConfigMap", "elm-relays")["data"]["cases.pem"]
    new = SigningKey.generate()
    namespace.objects["Secret", "elm-cases-relay"]["data"]["private.pem"] = base64.b64encode(
        new.pem()
    ).decode()

    list(make(plan(), namespace))

    expected = {"cases.pem": old + new.public_pem().decode()}
    assert namespace.get("ConfigMap", "elm-relays")["data"] == expected


def test_of_two_jobs_at_once_the_slower_keeps_what_the_faster_made(namespace: Namespace) -> None:
    faster = Namespace()
    list(make(plan(), faster))
    kept = dict(faster.objects)

    class Slower(Namespace):
        """Sees nothing until it tries to make it."""

        def create(self, body: Any) -> bool:
            place = (body["kind"], body["metadata"]["name"])
            self.objects[place] = kept[place]
            return False

    slower = Slower()
    list(make(plan(), slower))

    assert slower.objects == kept


def test_no_line_says_a_secret(namespace: Namespace) -> None:
    said = "\n".join(make(plan(), namespace))

    for (kind, name), there in namespace.objects.items():
        for key in there["data"] if kind == "Secret" else ():
            assert namespace.value(name, key) not in said


@pytest.mark.parametrize(
    "text",
    [
        "{",
        json.dumps({"secret": []}),
        json.dumps({"secrets": [{"name": "x", "keys": {"a": "rsa"}}]}),
    ],
)
def test_a_plan_that_says_something_else_is_refused(text: str) -> None:
    with pytest.raises(CannotStart):
        plan_of(text)
