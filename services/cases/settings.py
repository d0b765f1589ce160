"""What the cases service is told, besides what every service is told."""

import re
from dataclasses import dataclass

from libs.runtime.config.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesSettings:
    """Read from `LINLI_CASES_...`."""

    public_prefix: str = setting("LL", doc="two to eight capitals or digits that begin every public number")

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z0-9]{2,8}", self.public_prefix):
            raise ValueError(f"LINLI_CASES_PUBLIC_PREFIX: {self.public_prefix!r}: use two to eight capitals")
