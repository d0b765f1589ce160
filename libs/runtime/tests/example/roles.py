"""What runs an example service in a process: one of its roles, or an operator's act."""

import os
from collections.abc import Sequence

from libs.runtime.host.operate import retry
from libs.runtime.host.operate_schema import make_schema
from libs.runtime.host.parts import Service
from libs.runtime.host.shell import MakeWorker, in_a_sentence, run_role


def run(service: Service, words: Sequence[str], worker: MakeWorker | None = None) -> int:
    """`<role>`, `migrate`, or `retry <id>`; answers the exit status."""

    def act() -> int:
        match words:
            case ["migrate"]:
                return make_schema(service, os.environ)
            case ["retry", parked_id]:
                return retry(service, int(parked_id), os.environ)
            case _:
                return run_role(service, words[0], os.environ, worker=worker)

    return in_a_sentence(service, act)
