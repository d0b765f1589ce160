"""How the bundled PostgreSQL server is configured, and how its process is known."""

import os
from pathlib import Path

_SETTINGS = {
    "listen_addresses": "",  # a unix socket in a folder of our own: no port to collide, nobody else gets in
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # five services with their pools, projectors and listeners
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "synchronous_commit": "on",  # what is acknowledged is on the disk
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than these queries
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "client_connection_check_interval": "1s",  # a killed platform's queries (and locks) end soon after it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",  # no row values in the log: they may be about people
    "log_min_error_statement": "panic",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def configuration(sockets: Path, *, durable: bool) -> bytes:
    """The server's postgresql.conf, with its sockets in a folder."""
    settings = {**_SETTINGS, **({} if durable else _FORGETFUL), "unix_socket_directories": str(sockets)}
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    return os.fsencode("".join(lines))


def is_postgres(pid: int) -> bool:
    """Whether the process lives and is a PostgreSQL: after a reboot the number may be anybody's."""
    if not Path("/proc/self").exists():  # a system without /proc: ask whether there is such a process
        return _exists(pid)
    try:
        name, rest = Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
    except OSError:
        return False
    return name == "postgres" and rest.split()[0] != "Z"  # a zombie is dead, only not yet buried


def working_in(cluster: Path) -> list[int]:
    """The PostgreSQL processes whose folder this is, as far as we may see: those of a dead server, too."""
    pids = (int(process.name) for process in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if is_postgres(pid) and _works_in(pid, cluster)]


def _works_in(pid: int, cluster: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:  # it has ended, or belongs to somebody else
        return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
