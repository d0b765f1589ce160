"""What supervision is told beside what every process is told: nothing so far."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionSettings:
    """Read from LINLI_SUPERVISION_<FIELD>."""
