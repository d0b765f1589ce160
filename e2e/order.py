"""Which test files share a process when a run is spread over several, and which come first."""

from libs.testkit.spread import Order

ORDER = Order(
    (
        ("e2e/journeys/test_the_city_is_told_right.py", "e2e/journeys/test_views_can_be_rebuilt.py"),
        ("e2e/journeys/test_over_rabbitmq.py", "e2e/journeys/test_killed_at_random.py"),
        ("e2e/journeys/test_chaos.py",),
        ("libs/runtime/tests/test_rabbitmq.py",),
        ("services/command/tests/test_secrets.py", "libs/messaging/tests/test_broker_tls.py"),
        ("services/command/tests/test_cluster_command.py",),
        ("services/command/tests/test_cluster.py",),
        ("e2e/journeys/test_the_platform_starts_again.py",),
        ("libs/messaging/tests/test_broker.py",),
        ("libs/worker/tests/test_outages.py",),
        (
            "e2e/journeys/test_access.py",
            "e2e/journeys/test_nobody_acts_beyond_their_grant.py",
            "e2e/journeys/test_of_sixteen_one_wins.py",
            "e2e/journeys/test_sixteen_clients_race.py",
            "e2e/journeys/test_linli_says_what_to_do.py",
            "e2e/journeys/test_one_trace_from_call_to_trail.py",
        ),
    )
)
"""Files of one group share a fixture, and so a process. What takes longest comes first."""
