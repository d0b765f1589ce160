"""`python -m services.cases <role>`."""

import sys

if sys.argv[1:2] == ["worker"]:  # another kind of process, from its first import on
    import libs.worker.patch  # noqa: F401

from libs.runtime.host.opened import OpenService
from libs.runtime.host.shell import Died, Runs, run_service
from services.cases.wiring import SERVICE


def _worker(opened: OpenService, died: Died) -> Runs:
    from services.cases.entrypoints.worker import run_worker

    return run_worker(opened, died)


raise SystemExit(run_service(SERVICE, worker=_worker if sys.argv[1:2] == ["worker"] else None))
