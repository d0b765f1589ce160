"""`python -m services.volunteers <role>`: run one role of the service."""

from libs.runtime.shell import run_service
from services.volunteers.wiring import SERVICE

raise SystemExit(run_service(SERVICE))
