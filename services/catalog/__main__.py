"""`python -m services.catalog <role>`: one role of the catalog."""

from libs.runtime.shell import run_service
from services.catalog.wiring import SERVICE

if __name__ == "__main__":
    raise SystemExit(run_service(SERVICE))
