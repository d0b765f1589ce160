"""The names of stored events about rights that are private: proposed consents, grants looked at, shares."""

from collections.abc import Mapping

from services.identity.domain.consent.events import ConsentCodeRefused, ConsentProposed
from services.identity.domain.data_set import DataSetDefined
from services.identity.domain.review import GrantConfirmed
from services.identity.domain.share import ShareAsked, ShareDecided, ShareEnded

RIGHTS: Mapping[str, type] = {
    "consent_proposed.v1": ConsentProposed,
    "consent_code_refused.v1": ConsentCodeRefused,
    "grant_confirmed.v1": GrantConfirmed,
    "data_set_defined.v1": DataSetDefined,
    "share_asked.v1": ShareAsked,
    "share_decided.v1": ShareDecided,
    "share_ended.v1": ShareEnded,
}
