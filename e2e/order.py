"""Which test files share a process when a run is spread over several, and which come first."""

from libs.testkit.spread import Order

ORDER = Order(
    (
        ("e2e/journeys/test_over_rabbitmq.py", "e2e/journeys/test_killed_at_random.py"),
        ("e2e/journeys/test_the_city_is_told_right.py", "e2e/journeys/test_views_can_be_rebuilt.py"),
        ("libs/runtime/tests/test_rabbitmq.py",),
        (
            "libs/worker/tests/test_outages.py",
            "libs/worker/tests/test_worker.py",
            "libs/worker/tests/test_clocks.py",
            "libs/worker/tests/test_nameko_class.py",
            "libs/testkit/tests/test_rabbit.py",
        ),
        ("e2e/journeys/test_chaos.py",),
        (
            "libs/messaging/tests/test_broker.py",
            "libs/messaging/tests/test_relay.py",
            "libs/messaging/tests/test_rights.py",
            "libs/messaging/tests/test_traced.py",
            "libs/messaging/tests/test_releases.py",
        ),
        (
            "services/command/tests/test_cluster.py",
            "services/command/tests/test_topology.py",
            "libs/runtime/doctor/tests/test_doctor.py",
        ),
        ("services/command/tests/test_secrets.py", "libs/messaging/tests/test_broker_tls.py"),
        (
            "e2e/journeys/test_access.py",
            "e2e/journeys/test_nobody_acts_beyond_their_grant.py",
            "e2e/journeys/test_of_sixteen_one_wins.py",
            "e2e/journeys/test_sixteen_clients_race.py",
            "e2e/journeys/test_places_change.py",
            "e2e/journeys/test_a_city_is_imported.py",
            "e2e/journeys/test_a_person_is_merged.py",
            "e2e/journeys/test_a_body_acts_for_another.py",
            "e2e/journeys/test_a_vacancy_is_filled.py",
            "e2e/journeys/test_linli_says_what_to_do.py",
            "e2e/journeys/test_one_trace_from_call_to_trail.py",
            "e2e/journeys/test_the_partners_manual.py",
            "e2e/journeys/test_a_helper_acts_by_consent.py",
            "e2e/journeys/test_a_helper_reports_by_consent.py",
            "e2e/journeys/test_a_resident_signs_up.py",
            "e2e/journeys/test_a_partner_on_node.py",
            "e2e/journeys/test_the_smoke_test.py",
            "e2e/journeys/test_what_operators_watch.py",
        ),
        (
            "charts/tests/test_kubernetes_takes_it.py",
            "charts/tests/test_doctor.py",
            "charts/tests/test_living.py",
            "charts/tests/test_monitoring.py",
            "charts/tests/test_network.py",
            "charts/tests/test_operators.py",
            "charts/tests/test_order.py",
            "charts/tests/test_pods_are_restricted.py",
            "charts/tests/test_secrets.py",
            "charts/tests/test_settings.py",
        ),
        (
            "e2e/journeys/test_every_shipped_community_works.py",
            "e2e/journeys/test_life_in_a_shipped_community.py",
        ),
        ("e2e/journeys/test_the_platform_starts_again.py",),
        ("services/command/tests/test_cluster_command.py",),
        ("libs/runtime/tests/test_platform.py",),
        ("e2e/journeys/test_an_interrupted_replay_goes_on.py",),
        ("e2e/journeys/test_an_erased_resident_leaves_no_trace.py",),
        ("services/command/tests/test_command.py",),
        ("libs/runtime/tests/test_postgres.py",),
        ("e2e/journeys/test_bad_rows.py",),
        ("e2e/journeys/test_hostile_requests.py",),
        ("libs/messaging/tests/test_histories.py",),
        ("libs/ledger/tests/test_projector.py",),
        ("libs/rpc/tests/test_server.py",),
    )
)
"""Files of one group share a fixture, and so a process: a city, a town, a broker, what Helm rendered.

What takes longest comes first, and early in the run what computes stands beside what waits.
"""

SHARED = ("los_angeles", "town")
"""Platforms of the session that end with their group: idle, each takes a twentieth of a core."""
