"""Keys of buckets in a folder: a file for each, written whole, overwritten before it goes."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from libs.ledger.errors import BucketsUnavailable
from libs.ledger.privacy.buckets import Kept

_KEY, _NEW, _GONE = ".key", ".new", ".gone"
_DIGEST_BYTES = 32


class BucketFiles:
    """A folder that only its owner may enter. Several processes of one machine may share it.

    A key that goes is first renamed, so that nobody reads it any more, then overwritten, then removed,
    each made durable; what a crash leaves half done, the next change finishes. This forgets on file
    systems that write in place (ext4, xfs), not on those that keep old blocks (btrfs, ZFS, snapshots).
    """

    def __init__(self, folder: Path) -> None:
        """Raises `BucketsUnavailable` if the folder can be neither found nor made."""
        self._folder = folder
        with _told(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked():
                self._finish()

    def add(self, name: bytes, kept: Kept) -> None:
        """Keep a new bucket."""
        with _told(self._folder), self._locked():
            self._write(self._path(name, _KEY), kept)

    def read(self, names: Iterable[bytes]) -> dict[bytes, Kept]:
        """Those of these buckets that are kept."""
        with _told(self._folder):
            self._see_that_it_is_there()
            found = {name: self._read(self._path(name, _KEY)) for name in names}
        return {name: kept for name, kept in found.items() if kept is not None}

    def names(self) -> set[bytes]:
        """All buckets that are kept."""
        with _told(self._folder):
            self._see_that_it_is_there()
            return {bytes.fromhex(path.stem) for path in self._folder.glob(f"*{_KEY}")}

    def replace(self, name: bytes, old: Kept, new: Kept) -> bool:
        """Keep a bucket otherwise, unless it is gone or not as it was: then False, and nothing changes."""
        path, before = self._path(name, _KEY), self._path(name, _GONE)
        with _told(self._folder), self._locked():
            self._finish()
            if self._read(path) != old:
                return False
            before.hardlink_to(path)  # so that the old content can still be overwritten after a crash
            self._write(path, new)
            self._forget(before)
        return True

    def destroy(self, name: bytes) -> None:
        """Forget a bucket, so that nothing of its key can be found again; nothing to do if it is gone."""
        with _told(self._folder), self._locked():
            self._finish()
            with suppress(FileNotFoundError):
                self._path(name, _KEY).rename(self._path(name, _GONE))
                self._sync_folder()
                self._forget(self._path(name, _GONE))

    def close(self) -> None:
        """Nothing is held."""

    def _path(self, name: bytes, suffix: str) -> Path:
        return self._folder / f"{name.hex()}{suffix}"

    def _see_that_it_is_there(self) -> None:
        """A folder that is not mounted holds no keys, either: that must not look like an erasure."""
        self._folder.stat()

    def _read(self, path: Path) -> Kept | None:
        """None, too, for one that is being overwritten just now."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        return msgspec.msgpack.decode(body, type=Kept) if hashlib.sha256(body).digest() == digest else None

    def _write(self, path: Path, kept: Kept) -> None:
        body = msgspec.msgpack.encode(kept)
        draft = path.with_suffix(_NEW)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123  # with a mode
            file.write(hashlib.sha256(body).digest() + body)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        self._sync_folder()

    def _finish(self) -> None:
        """Do what a crash left undone."""
        for path in (*self._folder.glob(f"*{_NEW}"), *self._folder.glob(f"*{_GONE}")):
            self._forget(path)

    def _forget(self, path: Path) -> None:
        """Overwrite a file and remove it; one that is still in use under another name keeps its content."""
        with path.open("r+b") as file:
            about = os.fstat(file.fileno())
            if about.st_nlink == 1:
                file.write(os.urandom(about.st_size))
                file.flush()
                os.fsync(file.fileno())
        path.unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One change at a time, of all threads and processes."""
        with open(os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:  # noqa: PTH123  # with a mode
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BucketsUnavailable(f"the keys in {folder} cannot be used: {error.strerror}") from error
