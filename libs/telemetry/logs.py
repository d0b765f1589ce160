"""Structured logs: one JSON object a line on stderr, with trace ids, without anybody's secrets.

`log = logs.get("inbox")`, then `log.warning("event parked", source=…, position=…)`: a short event in
plain words, facts as fields. Fields on the deny list are refused wherever they are logged.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from libs.telemetry import traces

Fields = MutableMapping[str, Any]

DENIED = frozenset(
    {
        *("authorization", "password", "secret", "client_secret", "private_key", "master_key"),
        *("token", "access_token", "refresh_token", "national_id", "id_number", "birth_date"),
        *("name", "full_name", "given_name", "family_name", "phone", "telephone", "email"),
        *("address", "street_address", "contact", "description", "text", "message_text", "body_text", "note"),
        *("request", "response", "payload", "data"),
    }
)
"""Names of fields that may hold personal data or secrets: their values are never written."""

REFUSED = "[refused]"


def get(area: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of the system; its name is the field `logger`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(area)
    return logger


def bind(**facts: str | int) -> None:
    """Add facts to every log line of this thread's current work (service, role)."""
    structlog.contextvars.bind_contextvars(**facts)


def setup(*, level: str = "INFO", stream: TextIO | None = None, **facts: str) -> None:
    """Write logs as JSON to `stream` (stderr); `facts` (service, cell) stand on every line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _Constant(facts),
        _add_trace,
        refuse_denied,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


class _Constant:
    """Adds the same facts to every line."""

    def __init__(self, facts: dict[str, str]) -> None:
        self._facts = facts

    def __call__(self, _logger: object, _method: str, fields: Fields) -> Fields:
        for key, value in self._facts.items():
            fields.setdefault(key, value)
        return fields


def _add_trace(_logger: object, _method: str, fields: Fields) -> Fields:
    span = traces.current()
    if span is not None:
        fields.setdefault("trace_id", span.trace_id)
        fields.setdefault("span_id", span.span_id)
    return fields


def refuse_denied(_logger: object, _method: str, fields: Fields) -> Fields:
    """Replace the values of denied fields, also inside mappings and lists."""
    for key in fields:
        fields[key] = REFUSED if key.lower() in DENIED else _clean(fields[key])
    return fields


def _clean(value: object) -> object:
    if isinstance(value, dict):
        return {key: REFUSED if str(key).lower() in DENIED else _clean(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value
