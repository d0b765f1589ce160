"""What is counted and measured, by one function each; the only importer of prometheus_client.

The plumbing calls these functions; names, labels and buckets live here, one module for each thing
that is measured. Each help text says what is counted, in which unit, and what it means when it grows.
"""

from libs.telemetry.metrics.disclosures import UnusualReaders
from libs.telemetry.metrics.exchange import (
    Intake,
    broker_connected,
    confirmed,
    history_changed,
    intake,
    parked,
    publishes_again,
    relay_stopped,
    types_behind,
)
from libs.telemetry.metrics.figures import Figure, Told, Values
from libs.telemetry.metrics.ledger import (
    Appended,
    OutcomeMeter,
    appended,
    erasures_waiting,
    handled,
    verified,
)
from libs.telemetry.metrics.notices import notice_attempt, notice_channels, webhook_attempt, webhooks
from libs.telemetry.metrics.process import (
    broker_trouble,
    certificate,
    clock_fired,
    clock_skew,
    clocks_paused,
    database_trouble,
    keys_age,
    pool,
    version,
)
from libs.telemetry.metrics.readers import Reader, read, view_stopped
from libs.telemetry.metrics.registry import REGISTRY, cell, exposed, exposition
from libs.telemetry.metrics.rpcs import RpcMeter, limited, rpc, rpc_limits, rpc_load

__all__ = [
    "REGISTRY",
    "Appended",
    "Figure",
    "Intake",
    "OutcomeMeter",
    "Reader",
    "RpcMeter",
    "Told",
    "UnusualReaders",
    "Values",
    "appended",
    "broker_connected",
    "broker_trouble",
    "cell",
    "certificate",
    "clock_fired",
    "clock_skew",
    "clocks_paused",
    "confirmed",
    "database_trouble",
    "erasures_waiting",
    "exposed",
    "exposition",
    "handled",
    "history_changed",
    "intake",
    "keys_age",
    "limited",
    "notice_attempt",
    "notice_channels",
    "parked",
    "pool",
    "publishes_again",
    "read",
    "relay_stopped",
    "rpc",
    "rpc_limits",
    "rpc_load",
    "types_behind",
    "verified",
    "version",
    "view_stopped",
    "webhook_attempt",
    "webhooks",
]
