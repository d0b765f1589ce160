"""The table: every noun of `linli admin`."""

from collections.abc import Mapping

from services.command.admin.act import Noun
from services.command.admin.delegations import DELEGATION
from services.command.admin.homes import BUILDING, HOUSEHOLD
from services.command.admin.incidents import INCIDENT
from services.command.admin.mergers import MERGER
from services.command.admin.partners import PARKED, PARTNER, SIGNING_KEY, WEBHOOK
from services.command.admin.people import ACCESS_LOG, CASE, CONSENT, PERSON, ROLE, SESSION
from services.command.admin.places import AREA, BODY, RESPONSIBILITY
from services.command.admin.sharing import SHARE
from services.command.admin.staff import MEMBER, POST, TRAINING

NOUNS: Mapping[str, Noun] = {
    "body": BODY,
    "person": PERSON,
    "merger": MERGER,
    "access-log": ACCESS_LOG,
    "incident": INCIDENT,
    "case": CASE,
    "role": ROLE,
    "member": MEMBER,
    "post": POST,
    "training": TRAINING,
    "area": AREA,
    "building": BUILDING,
    "household": HOUSEHOLD,
    "responsibility": RESPONSIBILITY,
    "partner": PARTNER,
    "consent": CONSENT,
    "delegation": DELEGATION,
    "share": SHARE,
    "session": SESSION,
    "signing-key": SIGNING_KEY,
    "webhook": WEBHOOK,
    "parked": PARKED,
}
