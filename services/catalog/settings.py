"""What the catalog alone is told: nothing yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSettings:
    """Read from `LINLI_CATALOG_<FIELD>`."""
