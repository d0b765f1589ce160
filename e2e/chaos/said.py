"""What processes say of what is wrong: by /readyz, by their metrics, in their logs; and who keeps silent."""

import json
import urllib.error
from collections.abc import Callable
from http.client import HTTPException

from libs.runtime.cluster.supervised import Supervised, asked
from libs.testkit.eventually import eventually

_WITHIN = 5.0
_SAID_WITHIN = 30.0


class Said:
    """What one process says from now on."""

    def __init__(self, process: Supervised) -> None:
        self.process = process
        self._begun = process.log.stat().st_size

    def ready(self) -> str:
        """What it answers to /readyz, whether it is ready or not; "" if it does not answer."""
        return _body(self.process.http, "/readyz")

    def unready(self) -> str:
        """The checks that keep it from being ready, in its words; "" where it is, or does not answer."""
        try:
            checks = json.loads(self.ready())
        except ValueError:
            return ""
        return "; ".join(f"{name}: {said}" for name, said in checks.items() if said != "ok")

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels; 0.0 if there are none."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = _body(self.process.http, "/metrics").splitlines()
        ours = [line for line in lines if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rpartition(" ")[2]) for line in ours if all(each in line for each in wanted))

    def logged(self, *words: str) -> bool:
        """Whether a line of its log has all these words."""
        with self.process.log.open("rb") as log:
            log.seek(self._begun)
            lines = log.read().decode("utf-8", errors="replace").splitlines()
        return any(all(word in line for word in words) for line in lines)


def expect(silent: list[str], what: str, says: Callable[[], bool], *, seconds: float = _SAID_WITHIN) -> None:
    """Wait until something is said; who does not say it is noted among the `silent`."""
    try:
        eventually(says, what, seconds=seconds)
    except AssertionError:
        silent.append(f"nobody was told: {what}")


def _body(http: str, path: str) -> str:
    try:
        with asked(f"http://{http}", path, _WITHIN) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.read().decode()
    except (OSError, HTTPException):
        return ""
