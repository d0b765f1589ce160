"""What is measured of a ledger: its commits, their conflicts, its lock, its connections, its clock."""

from collections.abc import Callable, Mapping

from libs.ledger.errors import AlreadyHandled, VersionConflict
from libs.ledger.store.committer import Committed
from libs.ledger.store.recorder import GroupCommitRecorder
from libs.ledger.store.unit import KeyChanged
from libs.telemetry import metrics


def measure(
    service: str,
    recorder: GroupCommitRecorder,
    pool: Callable[[], Mapping[str, int]],
    head: Callable[[], int],
) -> None:
    """Let the metrics of a service show its ledger; `pool` gives the pool's figures."""
    committer = recorder.committer
    measured = metrics.appended(service, committer.waiting)

    def committed(done: Committed) -> None:
        measured(done.events, done.seconds, head(), done.attempts)
        for error in done.errors:
            measured.conflicted(_reason(error))

    committer.observe = committed
    recorder.on_lock = measured.locked
    metrics.pool(service, pool)
    metrics.clock_skew(service, lambda: recorder.timekeeper.skew)


def _reason(error: BaseException) -> str:
    match error:
        case VersionConflict():
            return "version"
        case AlreadyHandled():
            return "handled"
        case KeyChanged():
            return "key"
        case _:
            return "other"
