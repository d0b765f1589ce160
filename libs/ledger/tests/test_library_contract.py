"""The library's own contract suites, run over the recorder that we changed."""

import sys
from collections.abc import Iterator
from types import ModuleType
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest

from libs.ledger.datastore import Datastore
from libs.ledger.store.recorder import GroupCommitRecorder

# The suites share a module with tests of a cipher whose package we do not install: ours is another.
_CIPHER = ModuleType("eventsourcing.cipher")
_CIPHER.__dict__["AESCipher"] = None
with patch.dict(sys.modules, {"eventsourcing.cipher": _CIPHER}):
    from eventsourcing.tests import persistence as library


class OverGroupCommit:
    """Gives each test a recorder over a fresh database, with our text ids."""

    @pytest.fixture(autouse=True)
    def _over(self, dsn: str) -> Iterator[None]:
        self._datastore = Datastore(dsn, lock_timeout=5, pool_size=10)
        self._recorders: list[GroupCommitRecorder] = []
        yield
        for recorder in self._recorders:
            recorder.close()
        self._datastore.close()

    def create_recorder(self) -> GroupCommitRecorder:
        self._recorders.append(GroupCommitRecorder(self._datastore))
        return self._recorders[-1]

    def new_originator_id(self) -> UUID | str:
        return f"case-{uuid4().hex}"


class TestApplicationRecorder(OverGroupCommit, library.ApplicationRecorderTestCase[GroupCommitRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OverGroupCommit, library.TrackingRecorderTestCase): ...


class TestProcessRecorder(OverGroupCommit, library.ProcessRecorderTestCase): ...


class TestNonInterleavingNotificationIds(OverGroupCommit, library.NonInterleavingNotificationIDsBaseCase): ...
