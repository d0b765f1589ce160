"""What identity keeps of its neighbours' facts: which case is whose, so that the reporter can be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted:
    """A case was reported by somebody who is registered here.

    `imported`: it was history when it was recorded.
    """

    case_id: str
    public_id: str
    reporter_id: str
    imported: bool = False  # not in older events
