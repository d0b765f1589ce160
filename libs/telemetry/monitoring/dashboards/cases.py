"""Cases as business: how many matters people wait for."""

from libs.telemetry.monitoring.panel import Dashboard, Panel, Row

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
                    title="Not yet located by the newest boundaries",
                    says="Not 0 after a change of boundaries: scoreboards by areas_time are not whole yet.",
                    shows={"{{opened}}": "max by (opened) (linli_cases_unlocated)"},
                ),
                Panel(
                    title="Reported a minute",
                    says="Calls of OpenCase that were taken.",
                    shows={"reported": _TAKEN.format(rpc="OpenCase")},
                ),
                Panel(
                    title="Resolved a minute",
                    says="Calls of ResolveCase that were taken.",
                    shows={"resolved": _TAKEN.format(rpc="ResolveCase")},
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
