"""All alerts. Symptoms that callers feel come first; behind them what will be felt soon, or by few."""

from libs.telemetry.monitoring.alert import Alert
from libs.telemetry.monitoring.symptoms import SYMPTOMS

_STORE = (
    Alert(
        name="LinliCommandsFail",
        severity="page",
        expr='sum by (cell, service) (rate(linli_commands_total{outcome="failed"}[5m])) > 0.02',
        lasts="5m",
        says="commands of {{ $labels.service }} fail because of the database, or of contention",
    ),
    Alert(
        name="LinliDatabaseRefuses",
        severity="page",
        expr='max by (cell, service) (linli_database_trouble{trouble!="full"}) > 0',
        lasts="2m",
        says="the database of {{ $labels.service }} refuses new connections: a process that starts now fails",
    ),
    Alert(
        name="LinliDatabaseFull",
        severity="page",
        expr='max by (cell, service) (max_over_time(linli_database_trouble{trouble="full"}[5m])) > 0',
        lasts="1m",
        says="the disk of {{ $labels.service }}'s PostgreSQL has no room for 32 MiB: soon it takes no events",
    ),
    Alert(
        name="LinliCommitsSlow",
        severity="ticket",
        expr="histogram_quantile(0.99, sum by (cell, service, le)"
        " (rate(linli_append_seconds_bucket[10m]))) > 0.5"
        " and sum by (cell, service) (increase(linli_append_seconds_count[10m])) > 20",
        lasts="10m",
        says="commits of {{ $labels.service }} are slow",
    ),
    Alert(
        name="LinliPoolExhausted",
        severity="ticket",
        expr="max by (cell, service) (linli_pool_waiting) > 0",
        lasts="5m",
        says="threads of {{ $labels.service }} wait for connections to the database",
    ),
    Alert(
        name="LinliLedgerForged",
        severity="page",
        expr="max by (cell, service) (linli_ledger_forged) > 0",
        lasts="0m",
        says="an event of {{ $labels.service }} is not what its hashes say: somebody altered the database",
    ),
    Alert(
        name="LinliVerificationOverdue",
        severity="ticket",
        expr="time() - max by (cell, service) (linli_verified_timestamp_seconds) > 900",
        lasts="5m",
        says="the newest events of {{ $labels.service }} are not verified any more",
    ),
    Alert(
        name="LinliErasureNotFinal",
        severity="ticket",
        expr="max by (cell, service) (linli_erasures_waiting) > 0",
        lasts="10m",
        says="an erasure of {{ $labels.service }} is not final on the disk: the key store cannot be used",
    ),
)
_EXCHANGE = (
    Alert(
        name="LinliRelayBehind",
        severity="page",
        expr='max by (cell, service) (linli_reader_lag_seconds{reader="relay"}) > 60',
        lasts="5m",
        says="neighbours hear late of {{ $labels.service }}: its relay is behind",
    ),
    Alert(
        name="LinliRelayStopped",
        severity="page",
        expr="min by (cell, service) (linli_relay_stopped) > 0",
        lasts="1m",
        says="{{ $labels.service }} publishes nothing more: the next event needs a relay of a newer release",
    ),
    Alert(
        name="LinliInboxBehind",
        severity="page",
        expr='max by (cell, service, reader) (linli_reader_lag_seconds{reader=~"inbox.+"}) > 120',
        lasts="5m",
        says="{{ $labels.service }} is behind with what its neighbours did ({{ $labels.reader }})",
    ),
    Alert(
        name="LinliBrokerDisconnected",
        severity="page",
        expr="max by (cell, service, queue) (linli_broker_connected) == 0",
        lasts="2m",
        says="no process of {{ $labels.service }} is connected to the broker for {{ $labels.queue }}",
    ),
    Alert(
        name="LinliBrokerRefuses",
        severity="page",
        expr='max by (cell, service) (linli_broker_trouble{trouble!="away"}) > 0',
        lasts="2m",
        says="the broker refuses {{ $labels.service }}: when its connections end, no event travels",
    ),
    Alert(
        name="LinliSourceSilent",
        severity="page",
        expr="min by (cell, service, source) (linli_inbox_silence_seconds) > 60",
        lasts="2m",
        says="{{ $labels.service }} hears nothing from {{ $labels.source }}, not even that it lives",
    ),
    Alert(
        name="LinliInboxGapOpen",
        severity="ticket",
        expr="max by (cell, service, source) (linli_inbox_gap_open) > 0",
        lasts="5m",
        says="{{ $labels.service }} asked {{ $labels.source }} for what is missing, and does not get it",
    ),
    Alert(
        name="LinliBatchesRefused",
        severity="page",
        expr="sum by (cell, service, source, reason) (increase(linli_inbox_refused_batches_total[10m])) > 0",
        lasts="5m",
        says="{{ $labels.service }} refuses batches of {{ $labels.source }}: {{ $labels.reason }}",
    ),
    Alert(
        name="LinliHistoryChanged",
        severity="page",
        expr="max by (cell, service, source) (linli_inbox_history_changed) > 0",
        lasts="0m",
        says="{{ $labels.service }} has stopped reading {{ $labels.source }}, which has another history",
    ),
    Alert(
        name="LinliEventsParked",
        severity="ticket",
        expr="max by (cell, service, source) (linli_parked_events) > 0",
        lasts="2m",
        says="{{ $labels.service }} could not handle events of {{ $labels.source }}: they are parked",
    ),
    Alert(
        name="LinliTypesBehind",
        severity="ticket",
        expr="max by (cell, service, source) (linli_inbox_types_behind_positions) > 0"
        " and max by (cell, service, source) (delta(linli_inbox_types_behind_positions[10m])) >= 0",
        lasts="10m",
        says="{{ $labels.service }} has stopped catching up on past events of {{ $labels.source }}",
    ),
)
_TIME_AND_KEYS = (
    Alert(
        name="LinliClocksPaused",
        severity="page",
        expr="max by (cell, service) (linli_clocks_paused) > 0",
        lasts="2m",
        says="no deadline of {{ $labels.service }} fires from a machine whose clock is wrong",
    ),
    Alert(
        name="LinliClockSkewed",
        severity="ticket",
        expr="max by (cell, service) (abs(linli_clock_skew_seconds)) > 1",
        lasts="5m",
        says="the clocks of {{ $labels.service }} and its database drift apart",
    ),
    Alert(
        name="LinliMomentsLate",
        severity="ticket",
        expr="histogram_quantile(0.99, sum by (cell, service, le)"
        " (rate(linli_clock_lateness_seconds_bucket[10m]))) > 60",
        lasts="10m",
        says="deadlines of {{ $labels.service }} are noticed late",
    ),
    Alert(
        name="LinliNoticeChannelAway",
        severity="ticket",
        expr='sum by (cell, channel) (increase(linli_notice_attempts_total{outcome="away"}[20m])) > 0'
        ' unless sum by (cell, channel) (increase(linli_notice_attempts_total{outcome="sent"}[20m])) > 0',
        lasts="15m",
        says="notices cannot be sent by {{ $labels.channel }}: it takes nothing",
    ),
    Alert(
        name="LinliWebhookMessagesParked",
        severity="ticket",
        expr='max by (cell) (linli_webhook_messages{state="parked"}) > 0',
        lasts="30m",
        says="endpoints of clients refused messages, which are parked until their clients replay them",
    ),
    Alert(
        name="LinliUnusualReader",
        severity="ticket",
        expr="max by (cell, service) (linli_unusual_readers) > 0",
        lasts="1m",
        says="somebody reads personal data of far more people in {{ $labels.service }} than they usually do",
    ),
    Alert(
        name="LinliIncidentDue",
        severity="ticket",
        expr='max by (cell) (linli_data_incidents{urgency="near"}) > 0',
        lasts="1m",
        says="three quarters of the time to notify somebody of an incident with personal data have passed",
    ),
    Alert(
        name="LinliIncidentOverdue",
        severity="page",
        expr='max by (cell) (linli_data_incidents{urgency="overdue"}) > 0',
        lasts="1m",
        says="the time to notify somebody of an incident with personal data has passed",
    ),
    Alert(
        name="LinliKeySetStale",
        severity="page",
        expr="max by (cell) (linli_keys_age_seconds) > 120",
        lasts="2m",
        says="a process has no fresh key set from identity: from ten minutes on it refuses privileged scopes",
    ),
    Alert(
        name="LinliCertificateEnds",
        severity="ticket",
        expr="min by (cell, setting) (linli_certificate_expiry_timestamp_seconds) - time() < 14 * 86400",
        lasts="10m",
        says="the certificate of {{ $labels.setting }} ends within two weeks",
    ),
    Alert(
        name="LinliCertificateEndsSoon",
        severity="page",
        expr="min by (cell, setting) (linli_certificate_expiry_timestamp_seconds) - time() < 2 * 86400",
        lasts="10m",
        says="the certificate of {{ $labels.setting }} ends within two days",
    ),
)
_PROCESSES = (
    Alert(
        name="LinliFilesExhausted",
        severity="ticket",
        expr="max by (cell) (process_open_fds / process_max_fds"
        " and on (cell, instance) linli_build_info) > 0.8",
        lasts="10m",
        says="a process has nearly all of the files and connections open that it may",
    ),
    Alert(
        name="LinliReleasesMixed",
        severity="ticket",
        expr="count by (cell) (count by (cell, version) (linli_build_info)) > 1",
        lasts="2h",
        says="processes of two releases run side by side: a roll-out has not ended",
    ),
)

ALERTS = (*SYMPTOMS, *_STORE, *_EXCHANGE, *_TIME_AND_KEYS, *_PROCESSES)
