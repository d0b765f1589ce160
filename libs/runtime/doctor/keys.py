"""Keys and certificates: whether personal data can be opened, tokens and batches verified, TLS spoken."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.digests import check_opens
from libs.ledger.privacy.key_address import folder_of
from libs.ledger.privacy.master_key import MasterKey
from libs.rpc.keys import Jwks, keys_of, keys_of_sources
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import CERTIFICATES, Settings
from libs.runtime.doctor.finding import Finding, Looking, said
from libs.runtime.host.batch_keys import neighbours_keys_of, signer_of
from libs.telemetry.certificates import Certificates, CertificatesUnusable, ends

_DAY = 86_400.0
_SOON, _VERY_SOON = 14 * _DAY, 2 * _DAY
_STALE = 60.0
_PATIENCE = 5


def look_at_personal_keys(looking: Looking, settings: Settings) -> Iterator[Finding]:
    """Whether the master key opens what lies in the database, and the key store is there."""
    try:
        master = MasterKey.from_text(settings.master_key.reveal())
        dsn = settings.database_url.reveal()
        with psycopg.connect(dsn, row_factory=dict_row, connect_timeout=_PATIENCE) as connection:
            check_opens(connection, master)
    except (SettingsRefused, psycopg.Error, ValueError) as error:
        do = "LINLI_MASTER_KEY must hold the key of this installation (while it is changed, both)"
        yield looking.broken("master key", said(error), f"{do}: OPERATING.md, Change the master key")
        return
    address = settings.key_store.reveal()
    if not address:
        says = "LINLI_KEY_STORE is not set: WAL and backups of the ledger can undo an erasure"
        yield looking.soon("key store", says, "OPERATING.md, Backups and erasure")
        return
    if trouble := _store_trouble(address):
        do = "mount or reach it as the processes do; without it no person's data can be read"
        yield looking.broken("key store", trouble, f"{do}: OPERATING.md, Backups and erasure")
        return
    yield looking.ok("keys", "the master key is that of the database, and the key store is there")


def _store_trouble(address: str) -> str:
    """Looks only: what opens a store may go on with what was left undone there."""
    folder = folder_of(address)
    if folder is not None:
        return "" if folder.is_dir() else f"there is no folder {folder} (LINLI_KEY_STORE)"
    try:
        with psycopg.connect(address, connect_timeout=_PATIENCE) as connection:
            connection.execute("SELECT FROM bucket_keys LIMIT 1")
    except psycopg.Error as error:
        return f"the database of LINLI_KEY_STORE cannot be read ({said(error)})"
    return ""


def look_at_key_set(looking: Looking, settings: Settings) -> Iterator[Finding]:
    """Whether identity's key set can be had, is fresh, and believed; and holds the key of our relay."""
    if not settings.keys_url:
        if looking.service != "identity":
            do = "give every api, server and worker LINLI_KEYS_URL=https://identity:7480/keys.json"
            yield looking.broken("key set", "LINLI_KEYS_URL is not set: no token can be verified", do)
        return
    try:
        opened = neighbours_keys_of(settings)()
        keys_of(opened)
    except CannotStart as error:
        yield looking.broken("key set", str(error), "mend the setting")
        return
    except Exception as error:  # noqa: BLE001  # whatever the source gives, it is no key set
        do = (
            "is identity's api up, and LINLI_KEYS_URL within reach from here? LINLI_KEYS_CA, LINLI_KEYS_ROOT?"
        )
        yield looking.broken("key set", f"cannot be had from LINLI_KEYS_URL: {said(error)}", do)
        return
    age = time.time() - float(opened.get("iat", time.time()))
    stale = settings.keys_stale_after.total_seconds()
    if age > stale:
        says = f"is {age:,.0f} s old: privileged scopes are refused (LINLI_KEYS_STALE_AFTER)"
        yield looking.broken(
            "key set", says, "is identity's api up? does somebody fetch the file of a file: URL?"
        )
    elif age > _STALE:
        says = f"is {age:,.0f} s old: from {stale:,.0f} s on privileged scopes are refused"
        yield looking.soon("key set", says, "is identity's api up?")
    else:
        yield looking.ok(
            "key set", f"{len(keys_of(opened))} keys that verify tokens, {max(0.0, age):.0f} s old"
        )
    yield from _relay_key(looking, settings, opened)


def _relay_key(looking: Looking, settings: Settings, published: Jwks) -> Iterator[Finding]:
    if not settings.relay_key.reveal():
        return
    try:
        key_id = signer_of(settings).key_id
    except CannotStart as error:
        yield looking.broken("relay key", str(error), "make a new one: OPERATING.md, Keys of relays")
        return
    if key_id in {kid for _, kid in keys_of_sources(published) or ()}:
        yield looking.ok("relay key", "identity publishes its public half")
    else:
        do = f"put it as {looking.service}.pem into the folder of LINLI_IDENTITY_SOURCE_KEYS"
        says = "identity does not publish its public half: consumers refuse every batch"
        yield looking.broken("relay key", says, do)


def look_at_certificates(looking: Looking, settings: Settings) -> Iterator[Finding]:
    """Whether each certificate can be used, and how long it is good."""
    if settings.tls_cert is not None and settings.tls_key is not None:
        try:
            Certificates(settings.tls_cert, settings.tls_key, settings.tls_client_ca).load()
        except CertificatesUnusable as error:
            yield looking.broken(
                "certificate", str(error), "put a chain and the key that belongs to it there"
            )
    for name in CERTIFICATES:
        file: Path | None = getattr(settings, name)
        if file is not None:
            yield _certificate(looking, f"LINLI_{name.upper()}", file)


def _certificate(looking: Looking, setting: str, file: Path) -> Finding:
    left = ends(file) - time.time()
    do = f"renew {file} ({setting}); processes read it again by themselves"
    if left != left:  # NaN
        return looking.broken("certificate", f"{file} ({setting}) holds no certificate that can be read", do)
    if left < 0:
        return looking.broken("certificate", f"{file} ({setting}) ended {-left / _DAY:,.0f} days ago", do)
    says = f"{file} ({setting}) ends in {left / _DAY:,.1f} days"
    if left < _VERY_SOON:
        return looking.broken("certificate", says, do)
    return looking.soon("certificate", says, do) if left < _SOON else looking.ok("certificate", says)
