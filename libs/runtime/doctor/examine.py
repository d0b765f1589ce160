"""All that is looked at of a service, in the order in which one thing stands on another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from libs.ledger.privacy.key_address import folder_of
from libs.runtime.config.settings import Settings, SettingsInvalid, read
from libs.runtime.doctor.database import look_at_database
from libs.runtime.doctor.exchange import look_at_broker, look_at_sources
from libs.runtime.doctor.finding import Finding, Looking
from libs.runtime.doctor.keys import look_at_certificates, look_at_key_set, look_at_personal_keys
from libs.runtime.doctor.machine import look_at_disks
from libs.runtime.doctor.processes import look_at_process
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

    def _of(self, patient: Patient) -> Iterator[Finding]:
        looking = Looking(patient.service.name)
        try:
            settings = read(Settings, patient.environ)
        except SettingsInvalid as error:
            do = f"`linli {looking.service} settings` lists all settings with their meaning"
            for problem in error.problems:
                yield looking.broken("settings", problem, do)
            return
        about_database = list(look_at_database(looking, settings))
        yield from about_database
        if not any(each.state == "broken" for each in about_database):
            yield look_at_personal_keys(looking, settings)
            yield from look_at_sources(looking, patient.service, settings, self._databases)
        if patient.broker:
            yield from look_at_broker(looking, patient.service, settings)
            yield from look_at_key_set(looking, settings)
        yield from look_at_certificates(looking, settings)
        store = folder_of(settings.key_store.reveal())
        folders = [*patient.folders, *([store] if store is not None else [])]
        yield from look_at_disks(looking, folders, self._disks)
        for url in patient.processes:
            yield from look_at_process(looking, url)
