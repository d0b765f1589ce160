"""The refusals about areas that are no more."""

from collections.abc import Sequence
from datetime import datetime

from libs.ledger.decider import Kind, Refusal


def area_ended(area_id: str, until: datetime, successor_ids: Sequence[str]) -> Refusal:
    """A case lies in an area that is there when it is opened."""
    instead = f"take one of {', '.join(successor_ids)}" if successor_ids else "take the area above it"
    return Refusal(
        Kind.PRECONDITION,
        "AREA_ENDS",
        f"{area_id} ended at {until.isoformat()}: {instead}",
        field="area_id",
        area_id=area_id,
        valid_until=until.isoformat(),
    )
