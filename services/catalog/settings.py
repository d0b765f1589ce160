"""What the catalog alone is told: nothing yet (what all services are told: `libs/runtime/settings.py`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogSettings:
    """Read from `LINLI_CATALOG_<FIELD>`."""
