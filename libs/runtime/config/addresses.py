"""Addresses of PostgreSQL and RabbitMQ: checked, joined with their passwords, never quoted in a message."""

from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from libs.ledger.privacy.key_address import folder_of

_SCHEMES = ("amqp", "amqps")
_ENCODED = "with / @ : % in a password written as %2F %40 %3A %25"


def database(url: str, password: str = "", *, named: str = "LINLI_DATABASE_URL") -> str:
    """A libpq address (URL or keywords) with its password. Raises ValueError, which quotes nothing of it.

    `named` says where it comes from, for the message.
    """
    secret = "LINLI_KEY_STORE_PASSWORD" if named == "LINLI_KEY_STORE" else "LINLI_DATABASE_PASSWORD"
    try:
        told = conninfo_to_dict(url)
        readable = "://" not in url or "%40" in url or "@" not in str(told.get("dbname"))
    except psycopg.Error:  # its message may quote what it could not read: a part of the password
        readable = False
    if not readable:
        raise ValueError(
            f"{named}: give postgresql://user@host:5432/database?sslmode=verify-full, or"
            f" host=… dbname=…, {_ENCODED}; or give {secret}"
        )
    if not password or password == told.get("password"):
        return url
    if told.get("password"):
        raise ValueError(f"{secret}: {named} holds another password; give one of them")
    return make_conninfo(url, password=password)


def key_store(address: str, password: str = "") -> str:
    """An address of a key store with its password. Raises ValueError, which quotes nothing of it."""
    try:
        folder = folder_of(address)
    except ValueError as error:
        raise ValueError(f"LINLI_KEY_STORE: {error}") from None
    if not address or folder is not None:
        return address
    return database(address, password, named="LINLI_KEY_STORE")


def broker(url: str, password: str = "") -> str:
    """A RabbitMQ address with its password; "" stays "". Raises ValueError, which quotes nothing of it."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        strayed = "@" in f"{parts.path}{parts.query}{parts.fragment}"  # behind a / or # of the password
        whole = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0 and not strayed
    except ValueError:  # its message quotes what should have been a port: a part of the password
        whole = False
    if not whole:
        raise ValueError(
            "LINLI_BROKER_URL: give amqps://user@host:5671/vhost, or amqp://user@host:5672/vhost,"
            f" {_ENCODED}; or give LINLI_BROKER_PASSWORD"
        )
    if not password or parts.password == quote(password, safe=""):
        return url
    if parts.password is not None:
        raise ValueError("LINLI_BROKER_PASSWORD: LINLI_BROKER_URL holds another password; give one of them")
    if not parts.username:
        raise ValueError("LINLI_BROKER_URL: it names no user to whom LINLI_BROKER_PASSWORD belongs")
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def holds_password(url: str) -> bool:
    """Whether an address of either kind has a password in it, as far as it can be read."""
    if "://" in url:
        parts = urlsplit(url)
        return ":" in parts.netloc.rpartition("@")[0] or "password=" in parts.query
    try:
        return "password" in conninfo_to_dict(url)
    except psycopg.Error:
        return "password" in url
