"""What callers feel: calls that fail or are slow, answers that are out of date, services that are gone."""

from libs.telemetry.monitoring.alert import Alert, Promise

_SERVICE = '"service", "$1", "rpc", "/linli\\\\.([a-z]+)\\\\..*"'
_OURS = 'code=~"INTERNAL|UNAVAILABLE|UNKNOWN|DATA_LOSS"'
_UNARY = 'rpc!~".*/Follow.*"'


def _by_service(expr: str) -> str:
    return f"sum by (cell, service) (label_replace({expr}, {_SERVICE}))"


ANSWERED = Promise(
    name="rpc",
    bad=_by_service(f"rate(linli_rpc_total{{{_OURS}}}[5m])"),
    all=_by_service("rate(linli_rpc_total[5m])"),
    objective=0.999,
    least=10,
    says="calls of {{ $labels.service }} fail by our fault: the month's budget of errors is burning",
)
QUICK = Promise(
    name="rpc_slow",
    bad=_by_service(
        f"(rate(linli_rpc_seconds_count{{{_UNARY}}}[5m])"
        f' - ignoring (le) rate(linli_rpc_seconds_bucket{{le="1.0",{_UNARY}}}[5m]))'
    ),
    all=_by_service(f"rate(linli_rpc_seconds_count{{{_UNARY}}}[5m])"),
    objective=0.99,
    least=50,
    says="calls of {{ $labels.service }} take more than a second: the month's budget of slow ones is burning",
)
PROMISES = (ANSWERED, QUICK)

SYMPTOMS = (
    *ANSWERED.alerts("LinliRpcErrors"),
    *QUICK.alerts("LinliRpcSlow"),
    Alert(
        name="LinliServerBusy",
        severity="page",
        expr='sum by (cell, quota) (rate(linli_rpc_limited_total{caller="server"}[5m])) > 0',
        lasts="5m",
        says="servers turn callers away: they are at their limit of {{ $labels.quota }}",
    ),
    Alert(
        name="LinliNothingMeasured",
        severity="page",
        expr="group by (cell) (last_over_time(linli_build_info[1d]))"
        " unless group by (cell) (linli_build_info)"
        " or absent_over_time(linli_build_info[1d])",
        lasts="5m",
        says="no process of this cell is scraped: nothing runs, or Prometheus does not reach it",
    ),
    Alert(
        name="LinliServiceMissing",
        severity="page",
        expr="group by (cell, service) (last_over_time(linli_pool_limit[1d]))"
        " unless group by (cell, service) (linli_pool_limit)"
        " and on (cell) group by (cell) (linli_build_info)",
        lasts="5m",
        says="no process of {{ $labels.service }} is scraped, while others are: none starts, or none is left",
    ),
    Alert(
        name="LinliViewBehind",
        severity="page",
        expr='max by (cell, service, reader) (linli_reader_lag_seconds{reader=~"view.+"}) > 60',
        lasts="5m",
        says="answers of {{ $labels.service }} are out of date: {{ $labels.reader }} is behind its ledger",
    ),
    Alert(
        name="LinliNoProjector",
        severity="page",
        expr="max by (cell, service) (linli_ledger_position) > 0"
        ' unless on (cell, service) linli_reader_position{reader=~"view.+"}',
        lasts="5m",
        says="answers of {{ $labels.service }} become stale: no projector is active",
    ),
    Alert(
        name="LinliViewStopped",
        severity="page",
        expr="max by (cell, service, view) (linli_view_stopped) > 0",
        lasts="1m",
        says="the view {{ $labels.view }} of {{ $labels.service }} stands still at an event",
    ),
)
