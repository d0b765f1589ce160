"""The schemas of a cluster's services, made or upgraded by their own `migrate`, side by side."""

import time
from collections.abc import Mapping, Sequence
from subprocess import PIPE, STDOUT, Popen, TimeoutExpired

from libs.runtime.config.guards import CannotStart

_MIGRATED_WITHIN = 120.0


def make_schemas(migrations: Mapping[str, tuple[Sequence[str], Mapping[str, str]]]) -> None:
    """Run each service's command in its environment, all at once.

    Raises `CannotStart`, with what the command says, if one fails or takes too long.
    """
    migrating = {
        name: Popen(command, env=environ, stdout=PIPE, stderr=STDOUT, text=True)  # noqa: S603 - our own, no shell
        for name, (command, environ) in migrations.items()
    }
    deadline = time.monotonic() + _MIGRATED_WITHIN
    name = ""
    try:
        for name, process in migrating.items():
            said, _ = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
            if process.returncode != 0:
                raise CannotStart(said.strip() or f"{name}: its schema could not be created")
    except TimeoutExpired:
        raise CannotStart(
            f"{name}: its schema was not made within {_MIGRATED_WITHIN:.0f} s: does its database answer?"
        ) from None
    finally:
        for process in migrating.values():
            process.kill()  # those that have not ended
            process.wait()
