"""All dashboards: the platform at a glance, the exchange of events, one service, and cases as business."""

from libs.telemetry.monitoring.alerts import PROMISES
from libs.telemetry.monitoring.panel import Dashboard, Panel, Row, Variable

_BAD, _ALL = (rule.name for rule in PROMISES[0].recorded())
_OF_LINLI = "on (instance) linli_build_info"
_SLOW, _UNARY = (rule.name for rule in PROMISES[1].recorded())


def _quantile(share: str, metric: str, by: str, where: str = "") -> str:
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{{{where}}}[5m])))"


OVERVIEW = Dashboard(
    name="overview",
    title="overview",
    says="Whether callers get answers, in time and up to date, and what stands in the way.",
    rows=(
        Row(
            title="What callers feel",
            panels=(
                Panel(
                    title="Calls a second",
                    says="Answered rpcs of each service.",
                    shows={"{{service}}": _ALL},
                    unit="reqps",
                ),
                Panel(
                    title="Calls that failed by our fault",
                    says="Share of INTERNAL, UNAVAILABLE, UNKNOWN and DATA_LOSS. The promise is 0.1 %.",
                    shows={"{{service}}": f"{_BAD} / ({_ALL} > 0)"},
                    unit="percentunit",
                ),
                Panel(
                    title="Calls over a second",
                    says="Share of unary calls. The promise is 1 %.",
                    shows={"{{service}}": f"{_SLOW} / ({_UNARY} > 0)"},
                    unit="percentunit",
                ),
                Panel(
                    title="How old answers are",
                    says="Seconds by which the slowest view of each service is behind its ledger.",
                    shows={"{{service}}": 'max by (service) (linli_reader_lag_seconds{reader=~"view.+"})'},
                    unit="s",
                ),
                Panel(
                    title="Refused for load",
                    says="By caller and quota. `server`: a process bears no more; add replicas.",
                    shows={
                        "{{caller}} {{quota}}": "sum by (caller, quota) (rate(linli_rpc_limited_total[5m]))"
                    },
                    unit="reqps",
                ),
                Panel(
                    title="Events recorded a second",
                    says="By service: how much happens.",
                    shows={"{{service}}": "sum by (service) (rate(linli_append_events_sum[5m]))"},
                ),
            ),
        ),
        Row(
            title="What needs somebody",
            panels=(
                Panel(
                    title="Parked events",
                    says="`linli <service> parked list`.",
                    shows={"{{service}} from {{source}}": "max by (service, source) (linli_parked_events)"},
                ),
                Panel(
                    title="Stopped",
                    says="Views that stand still, sources with another history, clocks that are paused.",
                    shows={
                        "view {{view}}": "max by (view) (linli_view_stopped) > 0",
                        "{{service}} reads {{source}}": "max by (service, source)"
                        " (linli_inbox_history_changed) > 0",
                        "clocks of {{service}}": "max by (service) (linli_clocks_paused) > 0",
                    },
                ),
                Panel(
                    title="Not verified for",
                    says="Seconds since the newest events were checked against their hashes.",
                    shows={"{{service}}": "time() - max by (service) (linli_verified_timestamp_seconds)"},
                    unit="s",
                ),
                Panel(
                    title="Clocks ahead of their database",
                    says="Beyond 2 s, either way, commands are refused and clocks pause.",
                    shows={"{{service}}": "max by (service) (abs(linli_clock_skew_seconds))"},
                    unit="s",
                ),
                Panel(
                    title="Age of the key set",
                    says="From ten minutes on privileged scopes are refused.",
                    shows={"oldest": "max(linli_keys_age_seconds)"},
                    unit="s",
                ),
                Panel(
                    title="Certificates end in",
                    says="By the setting that names the file.",
                    shows={
                        "{{setting}}": "min by (setting)"
                        " (linli_certificate_expiry_timestamp_seconds) - time()"
                    },
                    unit="s",
                ),
            ),
        ),
        Row(
            title="Processes",
            panels=(
                Panel(
                    title="Releases",
                    says="Processes by release: two while a roll-out is under way.",
                    shows={"{{version}}": "count by (version) (linli_build_info)"},
                ),
                Panel(
                    title="Processor",
                    says="Cores of each process; one interpreter uses one at most.",
                    shows={"{{instance}}": f"rate(process_cpu_seconds_total[5m]) and {_OF_LINLI}"},
                ),
                Panel(
                    title="Memory",
                    says="Resident memory of each process.",
                    shows={"{{instance}}": f"process_resident_memory_bytes and {_OF_LINLI}"},
                    unit="bytes",
                ),
            ),
        ),
    ),
)

EXCHANGE = Dashboard(
    name="exchange",
    title="exchange",
    says="How events travel from one service to the others: relays, broker, inboxes.",
    rows=(
        Row(
            title="Sending",
            panels=(
                Panel(
                    title="Relays behind",
                    says="Seconds since the oldest event that is not published was recorded.",
                    shows={"{{service}}": 'max by (service) (linli_reader_lag_seconds{reader="relay"})'},
                    unit="s",
                ),
                Panel(
                    title="Events published a second",
                    says="By service: what neighbours get to hear.",
                    shows={
                        "{{service}}": "sum by (service)"
                        ' (rate(linli_reader_events_total{reader="relay"}[5m]))'
                    },
                ),
                Panel(
                    title="Time until the broker confirms",
                    says="99th percentile. If it grows: RabbitMQ's disk, its memory alarms.",
                    shows={"{{service}}": _quantile("0.99", "linli_relay_confirm_seconds", "service")},
                    unit="s",
                ),
            ),
        ),
        Row(
            title="Receiving",
            panels=(
                Panel(
                    title="Inboxes behind",
                    says="Seconds since the oldest event that is not handled was recorded.",
                    shows={
                        "{{service}} {{reader}}": "max by (service, reader)"
                        ' (linli_reader_lag_seconds{reader=~"inbox.+"})'
                    },
                    unit="s",
                ),
                Panel(
                    title="Silence",
                    says="Seconds since anything came from a source; its relay speaks every two seconds.",
                    shows={
                        "{{service}} from {{source}}": "min by (service, source)"
                        " (linli_inbox_silence_seconds)"
                    },
                    unit="s",
                ),
                Panel(
                    title="Events handled a second",
                    says="By service and neighbour.",
                    shows={
                        "{{service}} {{reader}}": "sum by (service, reader)"
                        ' (rate(linli_reader_events_total{reader=~"inbox.+"}[5m]))'
                    },
                ),
            ),
        ),
        Row(
            title="What went wrong",
            panels=(
                Panel(
                    title="Gaps found, and published again",
                    says="Expected after the broker lost data; again and again: it loses messages.",
                    shows={
                        "gap: {{service}} from {{source}}": "sum by (service, source)"
                        " (increase(linli_inbox_gaps_total[5m]))",
                        "again: {{service}} to {{consumer}}": "sum by (service, consumer)"
                        " (increase(linli_relay_published_again_total[5m]))",
                    },
                ),
                Panel(
                    title="Batches refused",
                    says="Forged, or signed with a key that identity does not publish.",
                    shows={
                        "{{service}} from {{source}}: {{reason}}": "sum by (service, source, reason)"
                        " (increase(linli_inbox_refused_batches_total[5m]))"
                    },
                ),
                Panel(
                    title="Queues nobody is connected for",
                    says="1 for each: the broker, its address, its password.",
                    shows={
                        "{{service}} {{queue}}": "max by (service, queue) (linli_broker_connected) == bool 0"
                    },
                ),
            ),
        ),
    ),
)

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
                        "{{rpc}}": _quantile(
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
                        "command": _quantile(
                            "0.99", "linli_command_seconds", "service", 'service="$service"'
                        ),
                        "commit": _quantile("0.99", "linli_append_seconds", "service", 'service="$service"'),
                        "lock": _quantile(
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
                        "late": _quantile(
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

_TAKEN = 'sum(rate(linli_rpc_total{{rpc="/linli.cases.v1.CasesService/{rpc}",code="OK"}}[15m])) * 60'
_REFUSED = 'sum(rate(linli_commands_total{service="cases",outcome="refused"}[15m])) * 60'

CASES = Dashboard(
    name="cases",
    title="cases as business",
    says="How many matters people wait for, and whether promises are kept.",
    rows=(
        Row(
            title="Now",
            panels=(
                Panel(
                    title="Open",
                    says="Cases that have not ended.",
                    number=True,
                    shows={"open": "sum(max by (state) (linli_cases_open))"},
                ),
                Panel(
                    title="Overdue",
                    says="Not resolved although the promised time has passed.",
                    number=True,
                    shows={"overdue": "sum(max by (state) (linli_cases_overdue))"},
                ),
                Panel(
                    title="Without an owner",
                    says="Nobody answers for them: cases.ListUnownedMatters.",
                    number=True,
                    shows={"unowned": "sum(max by (cause) (linli_cases_unowned))"},
                ),
            ),
        ),
        Row(
            title="Over time",
            panels=(
                Panel(
                    title="Open, by state",
                    says="Growing for days: more comes in than is dealt with.",
                    shows={"{{state}}": "max by (state) (linli_cases_open)"},
                ),
                Panel(
                    title="Overdue, by state",
                    says="Growing: promises are broken.",
                    shows={"{{state}}": "max by (state) (linli_cases_overdue)"},
                ),
                Panel(
                    title="Without an owner, by cause",
                    says="Growing for hours: nobody adjudicates.",
                    shows={"{{cause}}": "max by (cause) (linli_cases_unowned)"},
                ),
                Panel(
                    title="Reported a minute",
                    says="Calls of OpenCase that were taken.",
                    shows={"reported": _TAKEN.format(rpc="OpenCase")},
                ),
                Panel(
                    title="Closed a minute",
                    says="Calls of CloseCase that were taken.",
                    shows={"closed": _TAKEN.format(rpc="CloseCase")},
                ),
                Panel(
                    title="Refused a minute",
                    says="Commands that the state of a case did not permit.",
                    shows={"refused": _REFUSED},
                ),
            ),
        ),
    ),
)

DASHBOARDS = (OVERVIEW, EXCHANGE, SERVICE, CASES)
