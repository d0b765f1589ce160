"""The rules in the form that Prometheus reads."""

from collections.abc import Sequence
from typing import Any

from libs.telemetry.monitoring.alert import EVERY, Alert, Promise, Recorded
from libs.telemetry.monitoring.alerts import ALERTS
from libs.telemetry.monitoring.cells import ANY, within
from libs.telemetry.monitoring.symptoms import PROMISES

_QUOTED = set(":{}[],&*#?|-<>=!%@\\\"'`")


def rules(promises: Sequence[Promise] = PROMISES, alerts: Sequence[Alert] = ALERTS) -> str:
    """The file of rules, in YAML."""
    recorded = [_recorded(each) for promise in promises for each in promise.recorded()]
    groups = [
        {"name": "linli-recorded", "interval": f"{EVERY}s", "rules": recorded},
        {"name": "linli-alerts", "rules": [_alert(each) for each in alerts]},
    ]
    return "\n".join([_HEAD, *_lines({"groups": [group for group in groups if group["rules"]]}), ""])


_HEAD = "# Made by `make monitoring` from libs/telemetry/monitoring: do not edit. Runbooks: OPERATING.md."


def _recorded(rule: Recorded) -> dict[str, Any]:
    return {"record": rule.name, "expr": within(rule.expr, ANY)}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": within(alert.expr, ANY),
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": f"{{{{ $labels.cell }}}}: {alert.says}",
            "runbook": f"OPERATING.md#{alert.runbook.lower()}",
        },
    }


def _lines(value: Any, indent: str = "") -> Sequence[str]:
    """A value in block style: mappings, sequences of mappings, and texts."""
    lines: list[str] = []
    for key, inner in value.items():
        if isinstance(inner, dict):
            lines += [f"{indent}{key}:", *_lines(inner, f"{indent}  ")]
        elif isinstance(inner, list):
            lines.append(f"{indent}{key}:")
            for each in inner:
                first, *rest = _lines(each, f"{indent}    ")
                lines += [f"{indent}  - {first.strip()}", *rest]
        else:
            lines.append(f"{indent}{key}: {_text(str(inner))}")
    return lines


def _text(text: str) -> str:
    """A text as YAML reads it back, whatever is in it."""
    plain = text and not (set(text) & _QUOTED) and not text[0].isdigit()
    return text if plain else "'" + text.replace("'", "''") + "'"
