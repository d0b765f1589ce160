"""The example services as processes: `counter <role>`, `tally <role>`, or `up <data folder>`."""

import os
import sys
from pathlib import Path

from libs.runtime.bundled.place import Place
from libs.runtime.cluster.embedded import EmbeddedPlatform
from libs.runtime.host.process import Facts, Lifetime, run_until_told
from libs.runtime.host.terminal import say
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.example.roles import run
from libs.telemetry import logs


def _up(data: Path) -> int:
    life = Lifetime()
    logs.setup(level=os.environ.get("LINLI_LOG_LEVEL", "warning"))
    place = Place(data=data, grpc_port=0, http_port=0, cell="test")
    platform = EmbeddedPlatform(place, [counter.SERVICE, tally.SERVICE], os.environ, died=life.end)

    def start() -> Facts:
        platform.start()
        assert platform.host is not None
        say(f"ready {platform.host.grpc_port} {platform.host.http_port}")
        return platform.host.facts()

    return run_until_told(start, platform.close, lambda: platform.failed, life)


def _main(words: list[str]) -> int:
    if words[0] == "up":
        return _up(Path(words[1]))
    return run({"counter": counter.SERVICE, "tally": tally.SERVICE}[words[0]], words[1:])


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
