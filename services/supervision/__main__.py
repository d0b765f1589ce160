"""`python -m services.supervision <role>`: one role of the supervision service."""

from libs.runtime.shell import run_service
from services.supervision.wiring import SERVICE

if __name__ == "__main__":
    raise SystemExit(run_service(SERVICE))
