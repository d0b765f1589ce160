"""Structured logs: one JSON object a line on stderr, with trace ids, without anybody's secrets.

`log = logs.get("inbox")`, then `log.warning("event parked", source=…, position=…)`: a short event in
plain words, facts as fields. Fields on the deny list are refused wherever they are logged, and
tracebacks never show the values of variables, nor what a database's error quotes of its rows.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
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

_QUOTES = ("DETAIL:", "CONTEXT:")
_LABEL = r"(?:DETAIL|HINT|QUERY|CONTEXT|LINE \d+|(?:SCHEMA|TABLE|COLUMN|DATATYPE|CONSTRAINT) NAME|LOCATION):"
_NEXT_ERROR = r"\s*\n[ |]*(?:The above exception was|During handling of the above)"
_QUOTING = re.compile(rf"(?:{'|'.join(_QUOTES)}).*?(?=\n[ |]*{_LABEL}|{_NEXT_ERROR}|\Z)", re.DOTALL)
"""What a database's error quotes of its rows: up to the next part of it, or the next error of a traceback."""

_facts: dict[str, str] = {}


def get(area: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of the system; its name is the field `logger`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(area)
    return logger


def bind(**facts: str | int) -> None:
    """Add facts to every log line of this thread's current work (service, role)."""
    structlog.contextvars.bind_contextvars(**facts)


def setup(*, level: str = "INFO", stream: TextIO | None = None, **facts: str) -> None:
    """Write logs to `stream` (stderr) from `level` on; `facts` (service, cell) stand on every line."""
    _facts.clear()
    _facts.update(facts)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


class _Lines(logging.Formatter):
    """Writes our own lines as they are, and what other libraries log in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        if getattr(record, "structured", False):
            return str(record.msg)
        level = record.levelname.lower()
        fields: Fields = {"event": record.getMessage(), "level": level, "logger": record.name}
        fields["exc_info"] = record.exc_info
        for processor in (*_CONTENT, *_END):
            fields = processor(None, level, fields)
        return str(_json(None, "", _in_order(None, "", fields)))


def _add_facts(_logger: object, _method: str, fields: Fields) -> Fields:
    span = traces.current()
    if span is not None:
        fields.setdefault("trace_id", span.trace_id)
        fields.setdefault("span_id", span.span_id)
    for key, value in _facts.items():
        fields.setdefault(key, value)
    return fields


def refuse_denied(_logger: object, _method: str, fields: Fields) -> Fields:
    """Replace the values of denied fields, also inside mappings and lists."""
    for key in fields:
        fields[key] = REFUSED if key.lower() in DENIED else _clean(fields[key])
    return fields


def _clean(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            str(key): REFUSED if str(key).lower() in DENIED else _clean(inner) for key, inner in value.items()
        }
    if type(value) in (list, tuple):
        return [_clean(inner) for inner in value]  # type: ignore[attr-defined] # a list or tuple
    return without_rows(value) if isinstance(value, str) else value


def without_rows(text: str) -> str:
    """A text without the values of rows that a database's error quotes in it."""
    return _QUOTING.sub(REFUSED, text) if any(label in text for label in _QUOTES) else text


def _handed_over(_logger: object, _method: str, fields: Fields) -> tuple[tuple[()], dict[str, Any]]:
    """The line, as the arguments of the standard library's logger."""
    line = _json(None, "", _in_order(None, "", fields))
    return (), {"msg": line, "extra": {"structured": True}, "exc_info": None}


_FIRST = ("time", "level", "logger", "event")


def _in_order(_logger: object, _method: str, fields: Fields) -> Fields:
    """What people read first comes first, a traceback last."""
    last = {key: fields.pop(key) for key in ("exception",) if key in fields}
    return {**{key: fields.pop(key) for key in _FIRST if key in fields}, **fields, **last}


_json = structlog.processors.JSONRenderer(ensure_ascii=False)
_CONTENT: tuple[Any, ...] = (structlog.contextvars.merge_contextvars, _add_facts)
_END: tuple[Any, ...] = (
    structlog.processors.format_exc_info,
    refuse_denied,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
)
_LEVEL: tuple[Any, ...] = (structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name)

# At import, not in `setup`: structlog's own default would print the variables of every frame.
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, *_LEVEL, *_CONTENT, *_END, _handed_over],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
