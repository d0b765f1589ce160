"""One service: its rpcs, commands, views and load."""

from libs.telemetry.monitoring.dashboards.quantiles import quantile
from libs.telemetry.monitoring.panel import Dashboard, Panel, Row, Variable

SERVICE = Dashboard(
    name="service",
    title="one service",
    says="What one service does: its rpcs, its commands and commits, its views, its processes' load.",
    variables=(Variable(name="service", metric="linli_append_waiting", label="service"),),
    rows=(
        Row(
            title="Rpcs",
            panels=(
                Panel(
                    title="Calls a second",
                    says="By rpc: what callers ask for.",
                    shows={
                        "{{rpc}}": 'sum by (rpc) (rate(linli_rpc_total{rpc=~"/linli.$service.*"}[5m])) > 0'
                    },
                    unit="reqps",
                ),
                Panel(
                    title="Calls that were not OK",
                    says="By rpc and status. INTERNAL is a bug; most others a caller can mend.",
                    shows={
                        "{{rpc}} {{code}}": "sum by (rpc, code)"
                        ' (rate(linli_rpc_total{rpc=~"/linli.$service.*",code!="OK"}[5m])) > 0'
                    },
                    unit="reqps",
                ),
                Panel(
                    title="Duration",
                    says="99th percentile by rpc; the points lead to traces.",
                    shows={
                        "{{rpc}}": quantile(
                            "0.99", "linli_rpc_seconds", "rpc", 'rpc=~"/linli.$service.*",rpc!~".*/Follow.*"'
                        )
                    },
                    unit="s",
                ),
            ),
        ),
        Row(
            title="Commands and commits",
            panels=(
                Panel(
                    title="Commands a second",
                    says="By outcome: `failed` is the database or contention.",
                    shows={
                        "{{outcome}}": 'sum by (outcome) (rate(linli_commands_total{service="$service"}[5m]))'
                    },
                ),
                Panel(
                    title="Command, commit, lock",
                    says="99th percentiles: a command outgrows its commit when streams got long.",
                    shows={
                        "command": quantile("0.99", "linli_command_seconds", "service", 'service="$service"'),
                        "commit": quantile("0.99", "linli_append_seconds", "service", 'service="$service"'),
                        "lock": quantile(
                            "0.99", "linli_append_lock_seconds", "service", 'service="$service"'
                        ),
                    },
                    unit="s",
                ),
                Panel(
                    title="Events in a commit",
                    says="It grows under load, by design.",
                    shows={
                        "mean": 'sum(rate(linli_append_events_sum{service="$service"}[5m]))'
                        ' / (sum(rate(linli_append_events_count{service="$service"}[5m])) > 0)'
                    },
                ),
                Panel(
                    title="Conflicts and retries a second",
                    says="Many callers change one subject; the database failed and was tried again.",
                    shows={
                        "{{reason}}": "sum by (reason)"
                        ' (rate(linli_append_conflicts_total{service="$service"}[5m]))',
                        "retries": 'sum(rate(linli_append_retries_total{service="$service"}[5m]))',
                    },
                ),
                Panel(
                    title="Connections to the database",
                    says="Used at the limit: slow queries, or LINLI_POOL_SIZE is too small.",
                    shows={
                        "{{state}}": 'sum by (state) (linli_pool_connections{service="$service"})',
                        "limit": 'sum(linli_pool_limit{service="$service"})',
                        "threads that wait": 'sum(linli_pool_waiting{service="$service"})',
                    },
                ),
                Panel(
                    title="Ledger and verification",
                    says="Position of the newest event, and up to where events are verified.",
                    shows={
                        "recorded": 'max(linli_ledger_position{service="$service"})',
                        "verified": 'max(linli_verified_position{service="$service"})',
                        "appends that wait": 'sum(linli_append_waiting{service="$service"})',
                    },
                ),
            ),
        ),
        Row(
            title="Views, clocks, load",
            panels=(
                Panel(
                    title="Views behind",
                    says="Seconds, by view.",
                    shows={
                        "{{reader}}": "max by (reader)"
                        ' (linli_reader_lag_seconds{service="$service",reader=~"view.+"})'
                    },
                    unit="s",
                ),
                Panel(
                    title="Deadlines noticed late",
                    says="99th percentile; they count from when they were due.",
                    shows={
                        "late": quantile(
                            "0.99", "linli_clock_lateness_seconds", "service", 'service="$service"'
                        )
                    },
                    unit="s",
                ),
                Panel(
                    title="Load of the servers",
                    says="All servers together, as a share of what they bear.",
                    shows={
                        "running": 'sum(linli_rpc_running) / sum(linli_rpc_limit{load="running"})',
                        "waiting": 'sum(linli_rpc_waiting) / sum(linli_rpc_limit{load="waiting"})',
                        "parked": 'sum(linli_rpc_parked) / sum(linli_rpc_limit{load="parked"})',
                        "streams": 'sum(linli_rpc_streams) / sum(linli_rpc_limit{load="streams"})',
                    },
                    unit="percentunit",
                ),
            ),
        ),
    ),
)
