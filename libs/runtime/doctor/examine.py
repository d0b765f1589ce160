"""All that is looked at of a service, in the order in which one thing stands on another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from libs.ledger.privacy.key_address import folder_of
from libs.ledger.recorded import utc_now
from libs.runtime.config.settings import Settings, SettingsInvalid, read
from libs.runtime.doctor.database import look_at_database
from libs.runtime.doctor.exchange import look_at_broker, look_at_sources
from libs.runtime.doctor.finding import Finding, Looking, said
from libs.runtime.doctor.keys import look_at_certificates, look_at_key_set, look_at_personal_keys
from libs.runtime.doctor.lasting import look_at_lasting
from libs.runtime.doctor.machine import look_at_disks
from libs.runtime.doctor.processes import look_at_all_processes, look_at_process
from libs.runtime.host.parts import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A service with the settings of its processes, and where processes of it answer probes."""

    service: Service
    environ: Mapping[str, str]
    processes: Sequence[str] = ()
    folders: Sequence[Path] = ()
    broker: bool = True
    """Whether its events travel by a broker: those of `linli up` do not."""


@dataclass(slots=True)
class Examination:
    """Looks at services one after the other; those that were well are known to the next ones."""

    patients: Sequence[Patient]
    everywhere: Sequence[str] = ()
    """Names that have the addresses of processes of any service, as URLs of their probes."""
    _databases: dict[str, str] = field(default_factory=dict)
    _disks: set[int] = field(default_factory=set)

    def findings(self) -> Iterator[Finding]:
        """All findings, as they are found."""
        for patient in self.patients:
            try:
                settings = read(Settings, patient.environ)
            except SettingsInvalid:
                continue
            self._databases[patient.service.name] = settings.database_url.reveal()
        for patient in self.patients:
            yield from self._of(patient)
        for url in self.everywhere:
            looking = Looking("all processes")
            yield from _guarded(looking, "process", look_at_all_processes(looking, url))

    def _of(self, patient: Patient) -> Iterator[Finding]:
        looking = Looking(patient.service.name)
        try:
            settings = read(Settings, patient.environ)
        except SettingsInvalid as error:
            do = f"`linli {looking.service} settings` lists all settings with their meaning"
            for problem in error.problems:
                yield looking.broken("settings", problem, do)
            return
        service, usable = patient.service, True
        for finding in _guarded(looking, "database", look_at_database(looking, service, settings)):
            usable = usable and finding.state != "broken"
            yield finding
        if usable:
            sources = look_at_sources(looking, service, settings, self._databases)
            yield from _guarded(looking, "master key", look_at_personal_keys(looking, settings))
            yield from _guarded(looking, "views and sources", sources)
            today = utc_now().date()
            yield from _guarded(looking, "known until", look_at_lasting(looking, service, settings, today))
        if patient.broker:
            yield from _guarded(looking, "broker", look_at_broker(looking, service, settings))
            yield from _guarded(looking, "key set", look_at_key_set(looking, settings))
        yield from _guarded(looking, "certificate", look_at_certificates(looking, settings))
        store = folder_of(settings.key_store.reveal())
        folders = [*patient.folders, *([store] if store is not None else [])]
        yield from _guarded(looking, "disk", look_at_disks(looking, folders, self._disks))
        for url in patient.processes:
            yield from _guarded(looking, "process", look_at_process(looking, url))


def _guarded(looking: Looking, about: str, look: Iterable[Finding]) -> Iterator[Finding]:
    """What a look finds; what breaks it off is a finding, too, and the other looks go on."""
    try:
        yield from look
    except Exception as error:  # noqa: BLE001  # of whatever kind, it must not hide what others find
        says = f"could not be looked at to the end ({type(error).__name__}: {said(error)})"
        yield looking.broken(about, says, "mend what the message names, then run this command again")
