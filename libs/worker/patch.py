"""The first import of a worker's process: eventlet takes the place of threads, sockets and clocks.

Whatever is imported after this, psycopg and kombu among it, waits without holding up the others.
"""

import os
import queue
import warnings

with warnings.catch_warnings():  # we know: DECISIONS says how to leave
    warnings.simplefilter("ignore")
    import eventlet

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"  # psycopg's own C loop would hold up the hub
eventlet.monkey_patch()

# Written in C, it waits on a lock that eventlet does not know; its twin in Python does the same.
queue.SimpleQueue = queue._PySimpleQueue  # type: ignore[attr-defined, misc]  # noqa: SLF001
