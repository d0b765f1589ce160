"""Opens a file whatever it is compressed by; a stream of its bytes, and its first megabytes to look at."""

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from services.command.imports.readers.row import FileWrong

SAMPLE = 2_000_000
_BROKEN = (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, RuntimeError)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked (gzip, bzip2, xz, or the one file in a zip). Raises `FileWrong`."""
    try:
        with path.open("rb") as raw, _unpacked(path, raw) as stream:
            yield stream
    except _BROKEN as error:
        raise FileWrong(f"{path} is damaged ({error}): fetch it anew") from error
    except OSError as error:
        raise FileWrong(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def _unpacked(path: Path, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    magic = raw.read(6)
    raw.seek(0)
    if magic.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(raw) as packed:
            if is_excel(packed):
                raw.seek(0)
                yield raw
                return
            with packed.open(_only(path, packed)) as stream:
                yield io.BufferedReader(stream)  # type: ignore[type-var]  # a raw stream in all but name
            return
    if magic.startswith(b"\x1f\x8b"):
        yield _buffered(gzip.GzipFile(fileobj=raw))
    elif magic.startswith(b"BZh"):
        yield _buffered(bz2.BZ2File(raw))
    elif magic.startswith(b"\xfd7zXZ\x00"):
        yield _buffered(lzma.LZMAFile(raw))  # noqa: SIM115 -- holds nothing but `raw`
    else:
        yield raw


def _buffered(stream: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> IO[bytes]:
    return io.BufferedReader(stream)


def is_excel(packed: zipfile.ZipFile) -> bool:
    """Whether a zip is a workbook."""
    return any(name.startswith("xl/") for name in packed.namelist())


def _only(path: Path, packed: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The file in a zip. Raises `FileWrong` for several, none, or one with a password."""
    found = [
        each for each in packed.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]
    if len(found) != 1:
        names = ", ".join(each.filename for each in found[:5]) or "nothing"
        raise FileWrong(f"{path} holds {names}: unpack it, and give the file with the requests")
    if found[0].flag_bits & 1:
        raise FileWrong(f"{path} has a password: unpack it first")
    return found[0]


@contextmanager
def seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """The same bytes where one can go back and forth: in a file of its own if need be."""
    if stream.seekable() and not isinstance(stream, io.BufferedReader | gzip.GzipFile):
        yield stream
        return
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(stream, file)
        file.seek(0)
        yield file
