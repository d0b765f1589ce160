"""What an installation ends with names what is left to do, and says nothing of what is done."""

import pytest

from charts.tests.rendered import notes

_WIDE = "Pods may connect to any address"
_WITHOUT_TLS = "LINLI_REQUIRE_TLS is false"


def test_an_installation_is_told_which_peers_are_wide_and_where_to_narrow_them() -> None:
    assert (
        "name where they are in networkPolicy.peers.kubernetesApi, networkPolicy.peers.postgresql, "
        "networkPolicy.peers.rabbitmq." in notes("external")
    )
    assert (
        f"{_WIDE}, on the ports of these peers: name where they are in networkPolicy.peers.kubernetesApi."
        in (notes("external-full"))
    )
    assert _WIDE not in notes("own-secrets")  # it has no policies


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("postgresql.sslmode=require", "postgresql.sslmode: require."),
        ("rabbitmq.tls=false,tls.source=none", "rabbitmq.tls: false, tls.source: none."),
    ],
)
def test_an_installation_that_does_not_insist_on_tls_is_told_why(words: str, why: str) -> None:
    assert f"{_WITHOUT_TLS}), because of {why}" in notes("external", "--set", words)
    assert _WITHOUT_TLS not in notes("external")


def test_who_gets_a_service_monitor_is_told_to_let_prometheus_in() -> None:
    assert "name your Prometheus in networkPolicy.peers.monitoring" in notes("monitored")
    assert "Prometheus" not in notes("external")
    assert "Prometheus" not in notes("external-full", "--set", "monitoring.scrape.enabled=true")


@pytest.mark.parametrize(("name", "role"), [("external", "server"), ("apart", "worker")])
def test_the_doctor_runs_in_a_job_or_in_a_pod_that_has_the_broker(name: str, role: str) -> None:
    assert "create job doctor --from=cronjob/elm-linli-doctor" in notes(name)
    without = notes(name, "--set", "doctor.enabled=false")
    assert f"exec deploy/elm-linli-cases-{role} -- linli doctor cases" in without
