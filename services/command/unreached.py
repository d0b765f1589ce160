"""What to do when nobody answers, or when who answers is not trusted."""

import shlex
from pathlib import Path

from libs.runtime.host.terminal import as_called


def distrusted(where: str, message: str) -> str:
    """What to say if no TLS connection came about; "" if grpc's message speaks of something else."""
    if "CERTIFICATE_VERIFY_FAILED" in message or "Hostname Verification" in message:
        return (
            f"the certificate of {where} is not from an authority that is trusted here, or names another"
            " host, so nothing was sent: ask the installation's operator for its CA file, and give --ca"
        )
    if "andshake" in message or "WRONG_VERSION_NUMBER" in message:
        return (
            f"no TLS connection to {where} came about, and nothing was sent: it may not use TLS, or may"
            " require a client certificate (--cert and --key)"
        )
    return ""


def late(where: str) -> str:
    """What to do if the answer did not come in time: the command may have been done."""
    return (
        f"{where} did not answer in time: its /readyz shows what is missing. What was asked for may have been"
        " done: repeat it with the same request_id, then it is done once"
    )


def nothing_at_profile(where: str, profile: str, *, tls: bool) -> str:
    """What to do for the installation of a profile."""
    told = f"nothing answers at {where} (profile {profile}): is it running, and can this machine reach it?"
    return told if tls else f"{told} If it uses TLS, the profile must, too: give --ca or --tls"


def nothing_in_cluster(where: str, data: Path, typed: Path) -> str:
    """What to do for a `linli cluster`."""
    start = f"{as_called()} cluster --data {shlex.quote(str(typed))}"
    return (
        f"nothing answers at {where}: the cluster of {data} is starting, stopping or not running: try again,"
        f" or start `{start}`"
    )


def nothing_at(where: str) -> str:
    """What to do for an address of this machine."""
    return (
        f"nothing answers at {where}: start `{as_called()} up` or `make run`, or give --data or --port; if it"
        " uses TLS, give --ca, and --cert and --key if it requires them"
    )
