"""Files for our eyes only, put in place whole or not at all."""

import os
from pathlib import Path


def put(path: Path, content: bytes, mode: int = 0o600, *, lasting: bool = False) -> None:
    """Write a file, or replace it. `lasting`: it outlasts a power cut. Raises OSError."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    new.replace(path)
