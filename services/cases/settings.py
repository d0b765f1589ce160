"""What the cases service is told, besides what every service is told."""

from dataclasses import dataclass

from libs.runtime.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesSettings:
    """Read from `LINLI_CASES_...`."""

    public_prefix: str = setting("LL", doc="two to eight capitals that begin every public number")
