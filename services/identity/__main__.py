"""`python -m services.identity <role>`: one role of identity in this process."""

from libs.runtime.shell import run_service
from services.identity.wiring import SERVICE

if __name__ == "__main__":
    raise SystemExit(run_service(SERVICE))
