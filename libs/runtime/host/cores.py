"""Which of the machine's cores this process runs on."""

import os
from contextlib import suppress
from pathlib import Path


def keep_to_one_core() -> int | None:
    """Keep all threads of this process on one core; answers which, or None where that cannot be.

    The interpreter runs one thread at a time. The kernel wakes the next one on another, idle core,
    and handing over between cores costs more than there is to do: measured on two of them, a server
    answered 1,060 OpenCase a second with both and 1,600 with one. But where others are busy on that
    core it gets its share of one core only. Threads and programs started later inherit the core;
    PostgreSQL has to be started before.
    """
    if not hasattr(os, "sched_setaffinity"):  # macOS
        return None
    cores = sorted(os.sched_getaffinity(0))
    core = cores[os.getpid() % len(cores)]  # so that several processes spread
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            os.sched_setaffinity(int(thread.name), {core})
    return core
