"""What the standard OTEL_* variables ask for: https://opentelemetry.io/docs/specs/otel/configuration/.

The SDK itself reads those of sampling (OTEL_TRACES_SAMPLER), the resource, batches and the exporter's
headers, certificates and timeout; here is what it leaves to the program.
"""

from collections.abc import Mapping

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_KNOWN = {"http/protobuf": "otlp", "grpc": "otlp-grpc"}


def exporter_asked(environ: Mapping[str, str]) -> str:
    """The exporter that the variables ask for: otlp, otlp-grpc, console, or "".

    An address alone asks for otlp: nobody names a collector and wants nothing sent. Raises ValueError for
    what is not supported.
    """
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ""
    named = environ.get("OTEL_TRACES_EXPORTER", "") or ("otlp" if endpoint_asked(environ) else "")
    if named != "otlp":
        if named not in {"", "none", "console"}:
            raise ValueError(f"OTEL_TRACES_EXPORTER: {named!r} is not one of otlp, console, none")
        return "" if named == "none" else named
    protocol = _first(environ, _PROTOCOLS) or "http/protobuf"
    if protocol not in _KNOWN:
        raise ValueError(f"OTEL_EXPORTER_OTLP_PROTOCOL: {protocol!r} is not one of {', '.join(_KNOWN)}")
    return _KNOWN[protocol]


def endpoint_asked(environ: Mapping[str, str]) -> str:
    """Where the variables send spans to, or ""."""
    return _first(environ, _ENDPOINTS)


def names_service(environ: Mapping[str, str]) -> bool:
    """Whether the variables say what the service is called."""
    told = environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
    return bool(environ.get("OTEL_SERVICE_NAME")) or any(
        each.partition("=")[0].strip() == "service.name" for each in told
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")
