"""`python -m services.cases <role>`."""

from libs.runtime.shell import run_service
from services.cases.wiring import SERVICE

raise SystemExit(run_service(SERVICE))
