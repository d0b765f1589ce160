"""An incident with personal data: its events, situations, commands and decisions, to be read in this order.

The limits are those of the installation when the incident was recorded (PIPL 57 asks for notification at
once; GDPR 33 names 72 hours). They run from the notice, and nothing that is done later moves them.
"""

from services.identity.domain.incident.decide import INCIDENT

__all__ = ["INCIDENT"]
