"""What can go wrong between a caller and the ledger, in terms that say what to do."""


class VersionConflict(Exception):
    """Somebody else appended to the stream first: read it again and decide again."""

    def __init__(self, stream: str, expected: int, found: int) -> None:
        super().__init__(f"{stream} is at version {found}, not {expected}: read it again and decide again")
        self.stream = stream
        self.expected = expected
        self.found = found


class AlreadyHandled(Exception):
    """The checkpoint of an append is not newer than the one stored: its effects are there already."""

    def __init__(self, source: str, position: int, stored: int) -> None:
        super().__init__(f"{source} was handled up to {stored}: {position} does not follow it")
        self.source = source
        self.position = position
        self.stored = stored


class LedgerUnavailable(Exception):
    """The database did not take the append in time. Nothing was stored: try again later."""


class OutcomeUnknown(LedgerUnavailable):
    """The connection broke during the commit and did not come back in time to look.

    The events may or may not be stored: repeat with the same request id, which is safe.
    """


class ClockSkewed(LedgerUnavailable):
    """The clock of this process differs from the database's. Nothing was stored: set it right, try again."""


class EventTypeUnknown(LedgerUnavailable):
    """A stored event of a type that only a newer release knows: what must look into it waits for that one."""

    def __init__(self, name: str, stream: str, position: int) -> None:
        super().__init__(
            f"{name} of {stream} at position {position} was stored by a newer release, and this one does not"
            " know the type: a process of the newer release must do this"
        )
        self.name = name


class ReleaseTooOld(LedgerUnavailable):
    """The schema was contracted while this process ran: only a newer release can use the database."""


class LedgerClosed(LedgerUnavailable):
    """This process is shutting down; nothing was stored."""


class BucketsUnavailable(LedgerUnavailable):
    """The store with the keys of buckets cannot be used: personal data can be neither read nor written."""


class SettingsRefused(Exception):
    """A setting that would break a promise of the ledger; the message names it and its remedy."""


class SchemaUnknown(Exception):
    """The database has no schema, or one of another version; the message says which command helps."""


class MigrationRefused(Exception):
    """A step of the schema cannot be taken now, and nothing of it was; the message says what to do."""


class KeyLost(Exception):
    """Stored personal data whose key is neither there nor destroyed: the keys were not restored with it."""

    def __init__(self, subject: str) -> None:
        super().__init__(
            f"the key of {subject} is missing: restore subject_keys together with the events, and the keys of"
            " buckets, or run `linli <service> mend-keys`"
        )
        self.subject = subject


class SealBroken(Exception):
    """Personal data that does not open where it lies: it was altered, or moved from somewhere else."""

    def __init__(self, *where: str) -> None:
        super().__init__(
            f"personal data in {' of '.join(where)} was altered or moved: run `linli <service> verify`"
        )


class UnknownEvent(Exception):
    """A stored event whose name neither this release nor the table of registered types knows."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"stored event {name} is unknown here and registered by no release: keep every name ever stored,"
            " or upcast it; if none was taken out, run `linli <service> verify`"
        )
        self.name = name
