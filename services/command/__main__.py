"""The start of every process of Linli: `linli …`, or `python -m services.command …`."""

import sys


def main() -> int:
    """Run the command line of this process; answers the exit status."""
    if sys.argv[2:3] == ["worker"]:  # `linli <service> worker`: nameko's kind of process, from here on
        import libs.worker.patch  # noqa: F401
    from services.command import line

    return line.main(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
