"""What `linli up` and `linli cluster` have in common: failures told in a sentence, commands to type next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libs.runtime.bundled.place import Place
from libs.runtime.bundled.rabbitmq_install import RabbitMQFailed
from libs.runtime.bundled.unprivileged import PostgresFailed
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.shell import EXPECTED
from libs.runtime.host.terminal import as_called, say, typed
from services.command.options import DATA


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Turn what an operator can mend into `CannotStart`, of which the message is printed and no traceback."""
    try:
        yield
    except (*EXPECTED, PostgresFailed, RabbitMQFailed) as error:
        raise CannotStart(str(error).strip()) from error
    except BrokenPipeError:
        raise
    except OSError as error:  # the disk is full, or read only
        raise CannotStart(": ".join(filter(None, (error.filename, error.strerror)))) from error


def suggest(place: Place) -> None:
    """Say which commands find what has just started."""
    at = _beside(place)
    say(f"  token  {as_called()} token{at}")
    say(f"  try    {as_called()} call{at} catalog.ListAffairs")


def _beside(place: Place) -> str:
    """What tells a command beside the platform where it is, as one would type it; "" if that goes without."""
    return "" if place.data == Path.cwd() / DATA else f" --data {typed(place.data)}"
