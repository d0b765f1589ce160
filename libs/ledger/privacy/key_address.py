"""What the address of a key store names. Light: settings are checked with it."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def folder_of(address: str) -> Path | None:
    """The folder that an address names, if it names one. Raises ValueError if that is not a whole path."""
    parts = urlsplit(address)
    if parts.scheme != "file":
        return None
    path = Path(url2pathname(parts.path))
    if parts.netloc or not path.is_absolute():
        raise ValueError("give the folder as file:///path/of/the/folder")
    return path
