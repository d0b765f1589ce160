"""A consent: a resident lets a helper act in their name, for named purposes, in an area and for a time.

It is proposed, read to the resident, and confirmed by them; the helper may act by it from then on. A resident
who lets somebody report cases may also record that at once, by themself.
"""

from services.identity.domain.consent.decide import CONSENT

__all__ = ["CONSENT"]
