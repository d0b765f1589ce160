"""All dashboards: the platform at a glance, the exchange of events, one service, and cases as business."""

from libs.telemetry.monitoring.dashboards.cases import CASES
from libs.telemetry.monitoring.dashboards.exchange import EXCHANGE
from libs.telemetry.monitoring.dashboards.overview import OVERVIEW
from libs.telemetry.monitoring.dashboards.service import SERVICE

DASHBOARDS = (OVERVIEW, EXCHANGE, SERVICE, CASES)
