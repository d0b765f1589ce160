"""The platform at a glance: what callers feel, what needs somebody, and its processes."""

from libs.telemetry.monitoring.panel import Dashboard, Panel, Row
from libs.telemetry.monitoring.symptoms import PROMISES

_BAD, _ALL = (rule.name for rule in PROMISES[0].recorded())
_SLOW, _UNARY = (rule.name for rule in PROMISES[1].recorded())
_OF_LINLI = "on (cell, instance) linli_build_info"

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
                    says="By caller and quota. `server`: a process is at its limit; add replicas.",
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
                    title="Alerts that fire, in all cells",
                    says="Choose the cell above, and see the runbook of the alert in OPERATING.md.",
                    shows={
                        "{{cell}} {{alertname}}": "count by (cell, alertname)"
                        ' (ALERTS{alertname=~"Linli.+",alertstate="firing"})'
                    },
                ),
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
