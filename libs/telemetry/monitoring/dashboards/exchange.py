"""How events travel from one service to the others."""

from libs.telemetry.monitoring.dashboards.quantiles import quantile
from libs.telemetry.monitoring.panel import Dashboard, Panel, Row

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
                    shows={"{{service}}": quantile("0.99", "linli_relay_confirm_seconds", "service")},
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
                        "again: {{service}}": "sum by (service)"
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
                Panel(
                    title="What a process that starts now runs into",
                    says="1 for each: its database or the broker would not let it in, or the disk is full.",
                    shows={
                        "{{service}} database: {{trouble}}": "max by (service, trouble)"
                        " (linli_database_trouble) > 0",
                        "{{service}} broker: {{trouble}}": "max by (service, trouble)"
                        " (linli_broker_trouble) > 0",
                    },
                ),
            ),
        ),
    ),
)
