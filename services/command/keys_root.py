"""`linli identity keys-root`: what the other services are told of a signing key of identity's."""

from typing import BinaryIO

import click

from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import root_of
from libs.runtime.host.terminal import say


@click.command("keys-root")
@click.argument("file", type=click.File("rb"))
def keys_root(file: BinaryIO) -> int:
    """Print the public root of the signing key in FILE (- for standard input), as LINLI_KEYS_ROOT has it.

    With it the other services can trust a new key before identity uses it.
    """
    try:
        key = SigningKey.from_pem(file.read())
    except ValueError as wrong:  # its message quotes nothing of the key
        raise click.ClickException(f"{file.name}: {wrong}") from None
    say(str(root_of(key).jwk["x"]))
    return 0
