"""The fault behind each alert, as series of a minute each, and how the same series look on a good day."""

from dataclasses import dataclass, field

_CASES = '{rpc="/linli.cases.v1.CasesService/OpenCase"'
OK = f'linli_rpc_total{_CASES},code="OK"}}'
BROKEN = f'linli_rpc_total{_CASES},code="INTERNAL"}}'
REFUSED = f'linli_rpc_total{_CASES},code="FAILED_PRECONDITION"}}'
QUICK = f'linli_rpc_seconds_bucket{_CASES},le="1.0"}}'
CALLS = f"linli_rpc_seconds_count{_CASES}}}"
FOLLOWED = 'linli_rpc_seconds_count{rpc="/linli.feed.v1.FeedService/FollowEvents"}'
FOLLOWED_QUICK = 'linli_rpc_seconds_bucket{rpc="/linli.feed.v1.FeedService/FollowEvents",le="1.0"}'
HOUR, DAY = 60, 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`bad` series make the alert fire at minute `at` with `labels`; `good` ones do not."""

    bad: dict[str, str]
    good: dict[str, str]
    labels: dict[str, str] = field(default_factory=lambda: {"service": "cases"})
    at: int = 25


def _gauge(series: str, bad: str, good: str = "0x60", at: int = 25, **labels: str) -> Fault:
    return Fault(bad={series: bad}, good={series: good}, labels=labels or {"service": "cases"}, at=at)


_TRIED = 'linli_notice_attempts_total{{service="identity",channel="email",outcome="{}"}}'
_LATE = 'linli_clock_lateness_seconds_bucket{{service="cases",le="{}"}}'
_COMMIT = 'linli_append_seconds_bucket{{service="cases",le="{}"}}'
_COMMITS = 'linli_append_seconds_count{service="cases"}'
_SOURCE = '{service="cases",source="identity"'

FAULTS: dict[str, Fault] = {
    "LinliRpcErrorsFast": Fault(
        bad={OK: "0+95x60", BROKEN: "0+5x60"}, good={OK: "0+95x60", REFUSED: "0+50x60"}, at=40
    ),
    "LinliRpcErrorsSlowly": Fault(
        bad={OK: "0+995x200", BROKEN: "0+5x200"}, good={OK: "0+1000x200", BROKEN: "0+0x200"}, at=150
    ),
    "LinliRpcSlowFast": Fault(
        bad={CALLS: "0+100x60", QUICK: "0+70x60"}, good={CALLS: "0+100x60", QUICK: "0+99.9x60"}, at=40
    ),
    "LinliRpcSlowSlowly": Fault(
        bad={CALLS: "0+100x200", QUICK: "0+95x200"},
        good={FOLLOWED: "0+100x200", FOLLOWED_QUICK: "0+0x200"},
        at=150,
    ),
    "LinliServerBusy": Fault(
        bad={'linli_rpc_limited_total{caller="server",quota="calls"}': "0+3x60"},
        good={'linli_rpc_limited_total{caller="partner-1",quota="calls_per_second"}': "0+30x60"},
        labels={"quota": "calls"},
    ),
    "LinliNothingMeasured": Fault(
        bad={'linli_build_info{version="1"}': "1x5 _x55"},
        good={'linli_build_info{version="1"}': "1x60"},
        labels={},
    ),
    "LinliServiceMissing": Fault(
        bad={
            'linli_pool_limit{service="cases",instance="a"}': "9x5 _x55",
            'linli_build_info{instance="b"}': "1x60",
        },
        good={
            'linli_pool_limit{service="cases",instance="old"}': "9x5 _x55",
            'linli_pool_limit{service="cases",instance="new"}': "_x8 9x52",
            'linli_build_info{instance="b"}': "1x60",
        },
    ),
    "LinliViewBehind": _gauge(
        'linli_reader_lag_seconds{service="cases",reader="view.all_cases"}',
        "0+30x60",
        "20x60",
        service="cases",
        reader="view.all_cases",
    ),
    "LinliNoProjector": Fault(
        bad={'linli_ledger_position{service="cases"}': "9+1x60"},
        good={
            'linli_ledger_position{service="cases"}': "9+1x60",
            'linli_reader_position{service="cases",reader="view.all_cases"}': "9+1x60",
        },
    ),
    "LinliViewStopped": _gauge(
        'linli_view_stopped{service="cases",view="all_cases"}', "1x60", service="cases", view="all_cases"
    ),
    "LinliCommandsFail": Fault(
        bad={'linli_commands_total{service="cases",category="case",outcome="failed"}': "0+6x60"},
        good={'linli_commands_total{service="cases",category="case",outcome="refused"}': "0+60x60"},
    ),
    "LinliDatabaseRefuses": Fault(
        bad={
            'linli_database_trouble{service="cases",trouble="password"}': "1x22 0x38",
            'linli_database_trouble{service="cases",trouble="starting"}': "0x22 1x38",
        },
        good={'linli_database_trouble{service="cases",trouble="away"}': "0x20 1 1 0x38"},
    ),
    "LinliDatabaseFull": _gauge(
        'linli_database_trouble{service="cases",trouble="full"}', "0x18 1 0 0 1 0x38"
    ),
    "LinliCommitsSlow": Fault(
        bad={
            _COMMIT.format("0.5"): "0+0x60",
            _COMMIT.format("1.0"): "0+9x60",
            _COMMIT.format("+Inf"): "0+9x60",
            _COMMITS: "0+9x60",
        },
        good={_COMMIT.format("0.5"): "0+9x60", _COMMIT.format("+Inf"): "0+9x60", _COMMITS: "0+9x60"},
    ),
    "LinliPoolExhausted": _gauge('linli_pool_waiting{service="cases"}', "4x60"),
    "LinliLedgerForged": _gauge('linli_ledger_forged{service="cases"}', "1x60"),
    "LinliVerificationOverdue": _gauge(
        'linli_verified_timestamp_seconds{service="cases"}', "0x60", "0+60x60", at=40
    ),
    "LinliErasureNotFinal": _gauge('linli_erasures_waiting{service="cases"}', "2x60"),
    "LinliRelayBehind": _gauge('linli_reader_lag_seconds{service="cases",reader="relay"}', "0+30x60", "5x60"),
    "LinliRelayStopped": Fault(
        bad={'linli_relay_stopped{service="cases",instance="a"}': "1x60"},
        good={
            'linli_relay_stopped{service="cases",instance="old"}': "1x60",
            'linli_relay_stopped{service="cases",instance="new"}': "0x60",
        },
    ),
    "LinliInboxBehind": _gauge(
        'linli_reader_lag_seconds{service="cases",reader="inbox.identity"}',
        "0+60x60",
        "60x60",
        service="cases",
        reader="inbox.identity",
    ),
    "LinliBrokerDisconnected": Fault(
        bad={'linli_broker_connected{service="cases",queue="relay.cases",instance="a"}': "0x60"},
        good={
            'linli_broker_connected{service="cases",queue="relay.cases",instance="a"}': "0x60",
            'linli_broker_connected{service="cases",queue="relay.cases",instance="b"}': "1x60",
        },
        labels={"service": "cases", "queue": "relay.cases"},
    ),
    "LinliBrokerRefuses": Fault(
        bad={'linli_broker_trouble{service="cases",trouble="refused"}': "1x60"},
        good={'linli_broker_trouble{service="cases",trouble="away"}': "1x60"},
    ),
    "LinliSourceSilent": Fault(
        bad={f'linli_inbox_silence_seconds{_SOURCE},instance="a"}}': "0+60x60"},
        good={
            f'linli_inbox_silence_seconds{_SOURCE},instance="standby"}}': "0+60x60",
            f'linli_inbox_silence_seconds{_SOURCE},instance="active"}}': "1x60",
        },
        labels={"service": "cases", "source": "identity"},
    ),
    "LinliInboxGapOpen": _gauge(
        f"linli_inbox_gap_open{_SOURCE}}}", "1x60", service="cases", source="identity"
    ),
    "LinliBatchesRefused": _gauge(
        f'linli_inbox_refused_batches_total{_SOURCE},reason="signature"}}',
        "0+1x60",
        service="cases",
        source="identity",
        reason="signature",
    ),
    "LinliHistoryChanged": _gauge(
        f"linli_inbox_history_changed{_SOURCE}}}", "1x60", service="cases", source="identity"
    ),
    "LinliEventsParked": _gauge(
        f"linli_parked_events{_SOURCE}}}", "3x60", service="cases", source="identity"
    ),
    "LinliTypesBehind": _gauge(
        f"linli_inbox_types_behind_positions{_SOURCE}}}",
        "900x60",
        "9000-90x60",
        service="cases",
        source="identity",
    ),
    "LinliClocksPaused": _gauge('linli_clocks_paused{service="cases"}', "1x60"),
    "LinliClockSkewed": _gauge('linli_clock_skew_seconds{service="cases"}', "-1.5x60", "-0.2x60"),
    "LinliMomentsLate": Fault(
        bad={_LATE.format("60.0"): "0+0x60", _LATE.format("600.0"): "0+9x60", _LATE.format("+Inf"): "0+9x60"},
        good={
            _LATE.format("60.0"): "0+9x60",
            _LATE.format("600.0"): "0+9x60",
            _LATE.format("+Inf"): "0+9x60",
        },
    ),
    "LinliNoticeChannelAway": Fault(
        bad={_TRIED.format("away"): "0+1x60", _TRIED.format("sent"): "7x60"},
        good={_TRIED.format("away"): "0+1x60", _TRIED.format("sent"): "0+9x60"},
        labels={"channel": "email"},
    ),
    "LinliWebhookMessagesParked": Fault(
        bad={'linli_webhook_messages{state="parked"}': "3x60"},
        good={'linli_webhook_messages{state="parked"}': "0x20 3x20 0x20"},
        labels={},
        at=40,
    ),
    "LinliUnusualReader": _gauge('linli_unusual_readers{service="cases"}', bad="1x60"),
    "LinliIncidentDue": Fault(
        bad={'linli_data_incidents{urgency="near"}': "1x60"},
        good={
            'linli_data_incidents{urgency="near"}': "0x60",
            'linli_data_incidents{urgency="running"}': "3x60",
        },
        labels={},
    ),
    "LinliIncidentOverdue": Fault(
        bad={'linli_data_incidents{urgency="overdue"}': "1x60"},
        good={
            'linli_data_incidents{urgency="overdue"}': "0x60",
            'linli_data_incidents{urgency="near"}': "3x60",
        },
        labels={},
    ),
    "LinliKeySetStale": Fault(
        bad={"linli_keys_age_seconds": "0+60x60"}, good={"linli_keys_age_seconds": "4x60"}, labels={}
    ),
    "LinliCertificateEnds": _gauge(
        'linli_certificate_expiry_timestamp_seconds{setting="LINLI_TLS_CERT"}',
        f"{10 * 86400}x60",
        f"{90 * 86400}x60",
        setting="LINLI_TLS_CERT",
    ),
    "LinliCertificateEndsSoon": _gauge(
        'linli_certificate_expiry_timestamp_seconds{setting="LINLI_TLS_CERT"}',
        f"{86400}x60",
        f"{10 * 86400}x60",
        setting="LINLI_TLS_CERT",
    ),
    "LinliFilesExhausted": Fault(
        bad={
            'process_open_fds{instance="a"}': "900x60",
            'process_max_fds{instance="a"}': "1024x60",
            'linli_build_info{instance="a"}': "1x60",
        },
        good={
            'process_open_fds{instance="another program"}': "900x60",
            'process_max_fds{instance="another program"}': "1024x60",
            'linli_build_info{instance="a"}': "1x60",
        },
        labels={},
    ),
    "LinliReleasesMixed": Fault(
        bad={'linli_build_info{version="1"}': "1x200", 'linli_build_info{version="2"}': "1x200"},
        good={'linli_build_info{version="1",instance="a"}': "1x200"},
        labels={},
        at=180,
    ),
}

LITTLE_TRAFFIC = {OK: "0+1x90", BROKEN: "0x40 1x60"}
"""Sixty calls an hour, of which one failed: a large share, and no reason to wake anybody."""
