"""What loses the end of a ledger by nature: a backup restored, a recovery to a moment, a standby that lagged.

Exactly that end may be lost. Whoever heard of it before must stop, say so, show what came of it, and go
on when an operator says so.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from linli.cases.v1 import cases_service_pb2 as cases

from e2e.chaos.broken import Broken
from e2e.chaos.evidence import Acknowledged, Evidence, Loss
from e2e.chaos.ground import Ground
from e2e.chaos.recovery import Progress
from e2e.chaos.said import Said, expect
from e2e.chaos.stores import PAIRED
from e2e.city.platform import City
from libs.messaging.sources import decisions
from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.postgres import runtime_role
from libs.testkit.eventually import eventually

_PATIENCE = 60.0
_STILL, _LOOK = 2.0, 0.1
_HISTORY = "has another history"


def restore_backup(ground: Ground, chance: random.Random) -> str:
    """The files of a backup take the place of the data: the same incarnation, and less in it."""
    saved = _head(ground)
    ground.databases.pair.back_up()
    return _lose(ground, chance, saved, ground.databases.pair.restore, elsewhere=False)


def recover_to_moment(ground: Ground, chance: random.Random) -> str:
    """A backup, and the log up to a moment: the next incarnation begins there."""
    pair = ground.databases.pair
    pair.back_up()
    _grow(ground, chance)
    saved = _head(ground)
    moment = pair.asked("SELECT clock_timestamp()")
    return _lose(ground, chance, saved, partial(pair.restore, moment), elsewhere=True)


def promote_standby(ground: Ground, chance: random.Random) -> str:
    """An asynchronous standby, cut off for a while, takes over from a server that is gone."""
    pair = ground.databases.pair
    pair.follow()
    _grow(ground, chance)
    saved = _head(ground)
    pair.catch_up()
    pair.fall_behind()
    return _lose(ground, chance, saved, pair.promote, elsewhere=True)


def promote_standby_under_load(ground: Ground, chance: random.Random) -> str:
    """The same in the middle of callers' stories: whoever goes on with what is lost is told so."""
    pair = ground.databases.pair
    pair.follow()
    _grow(ground, chance)
    saved = _head(ground)
    pair.catch_up()
    pair.fall_behind()
    _grow(ground, chance)
    said = _hearing(ground)
    loss, ahead = _lost(ground, saved, pair.promote, elsewhere=True)
    return _gone_on(ground, {name: said[name] for name in ahead}, loss)


def come_back(ground: Broken, acknowledged: Sequence[Acknowledged]) -> None:
    """Let everybody read with the revision of what they were told and is lost: they must be told now."""
    person = ground.person("back")
    for loss in ground.losses:
        for told in loss.took(acknowledged) if loss.elsewhere else ():
            if (answer := _answer_to(person, told.revision)) != "HISTORY_CHANGED":
                what = f"{told.rpc} {told.request_id} at {told.revision}, which is lost"
                ground.silent.append(f"{loss.service}: who had seen {what}, is told {answer or 'nothing'}")
    person.client.close()


def _answer_to(person: City, revision: str) -> str:
    try:
        person.cases.list_cases(cases.ListCasesRequest(page_size=1, at_least=revision))
    except RpcFailed as failed:
        return failed.reason
    return ""


def _lose(
    ground: Ground, chance: random.Random, saved: int, happens: Callable[[], None], *, elsewhere: bool
) -> str:
    """Record something more than was saved, let neighbours hear of it, and lose it between the stories."""
    _grow(ground, chance)
    said = _hearing(ground)
    with ground.gate.quiet():
        _until_heard(ground)
        loss, ahead = _lost(ground, saved, happens, elsewhere=elsewhere)
    return _gone_on(ground, {name: said[name] for name in ahead}, loss)


def _lost(
    ground: Ground, saved: int, happens: Callable[[], None], *, elsewhere: bool
) -> tuple[Loss, list[str]]:
    """Cut the database off, lose its end, and give it back; what is lost, and who has heard of that."""
    pair = ground.databases.pair
    for door in pair.doors:
        door.cut()
    _until_still(ground)
    before = Evidence.of(ground.services[PAIRED])
    happens()
    after = pair.asked("SELECT coalesce(max(notification_id), 0) FROM stored_events", PAIRED)
    loss = Loss.of(before, after, saved=saved, elsewhere=elsewhere)
    ground.losses.append(loss)
    ahead = [name for name in _hearers(ground) if _handled(ground, name) > after]
    for door in pair.doors:
        door.restore()
    server = ground.cluster.processes[PAIRED, "server"]
    expect(ground.silent, "cases is ready again", lambda: server.answers("/readyz"), seconds=_PATIENCE)
    ground.services.renew(PAIRED)
    return loss, ahead


def _gone_on(ground: Ground, said: Mapping[str, Said], loss: Loss) -> str:
    """Let the consumers that have heard of what is lost say so, and go on."""
    if not said:
        ground.silent.append(f"nobody had heard of what {PAIRED} lost behind {loss.after}: nothing was tried")
    taken = [f"{_reconciled(ground, each, name, loss)} of {name}" for name, each in said.items()]
    lost = f"{len(loss.events)} events behind {loss.after} and {len(loss.requests)} commands"
    return f"lost: {lost}, of which came {', '.join(taken) or 'nothing'}"


def _until_still(ground: Ground) -> None:
    """Wait until what was sent before the cut is committed or not, and what was published is handled."""
    sessions = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{runtime_role(PAIRED)}'"
    alone = partial(ground.databases.pair.asked, sessions)
    eventually(lambda: alone() == 0, f"nobody speaks to the database of {PAIRED}", seconds=_PATIENCE)
    stood: dict[str, int] = {}
    since = time.monotonic()
    while time.monotonic() - since < _STILL:
        at = {name: _handled(ground, name) for name in _hearers(ground)}
        if at != stood:
            stood, since = at, time.monotonic()
        time.sleep(_LOOK)


def _hearing(ground: Ground) -> dict[str, Said]:
    """What the consumers say from now on."""
    return {name: Said(ground.cluster.processes[name, "worker"]) for name in _hearers(ground)}


def _reconciled(ground: Ground, said: Said, name: str, loss: Loss) -> int:
    """Hear a consumer say that it has stopped, and let it go on; the events that it has of what is lost."""
    changed = partial(said.metric, "linli_inbox_history_changed", service=name, source=PAIRED)
    expect(ground.silent, f"{name} logged both histories", lambda: _both(said.logged), seconds=_PATIENCE)
    expect(ground.silent, f"{name} is not ready, and says why", lambda: _HISTORY in said.unready())
    expect(ground.silent, f"{name} stands still, by the metric", lambda: changed() == 1)
    taken = sum(
        event.metadata.causation_id in loss.causes for event in Evidence.of(ground.services[name]).events
    )
    _go_on(ground, said, name, loss, taken)
    expect(ground.silent, f"{name} goes on, by the metric", lambda: changed() == 0, seconds=_PATIENCE)
    return taken


def _go_on(ground: Ground, said: Said, name: str, loss: Loss, taken: int) -> None:
    """Do what an operator does: look at what came of the lost events, and decide."""
    source = ground.services[PAIRED].source.name
    words = (name, "sources", "reconcile", source, str(loss.after), "--go-on", "--reason", "chaos")
    command = [sys.executable, "-m", "services.command", *words]
    ended = subprocess.run(command, env=said.process.environ, capture_output=True, text=True, check=False)
    shown = f"recorded {taken:,} events because of its events after {loss.after}\n"
    if ended.returncode != 0 or shown not in ended.stdout:
        ground.silent.append(f"{name}: not {shown!r}, but {ended.stdout}{ended.stderr}")
    kept = [one for one in decisions(ground.services[name].ledger) if one.source == source]
    if not kept or (kept[0].position, kept[0].reason) != (loss.after, "chaos"):
        ground.silent.append(f"{name}: the decision about {source} was not recorded")


def _both(logged: Callable[..., bool]) -> bool:
    """Whether the log names the history that was handled, and the one that is there."""
    return logged("source has another history", "position ", "it has incarnation ", "which began behind")


def _head(ground: Ground) -> int:
    """What is recorded by now: whatever is saved from now on must hold it."""
    return ground.services[PAIRED].ledger.head()


def _grow(ground: Ground, chance: random.Random) -> None:
    """Wait until some more events are recorded."""
    ledger = ground.services[PAIRED].ledger
    enough = ledger.head() + chance.randint(20, 60)
    eventually(lambda: ledger.head() > enough, "cases has recorded some more", seconds=_PATIENCE)


def _until_heard(ground: Ground) -> None:
    """Wait until everything recorded has been heard."""
    progress = Progress(ground.services)
    eventually(lambda: not progress.missing(progress.due()), "all is heard", seconds=_PATIENCE)


def _hearers(ground: Ground) -> list[str]:
    return [name for name, each in ground.services.items() if PAIRED in each.service.subscriptions]


def _handled(ground: Ground, name: str) -> int:
    return ground.services[name].ledger.checkpoint(ground.services[PAIRED].source.name)
