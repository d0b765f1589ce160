"""The names under which events of codes, invitations and second factors are stored; all are private."""

from collections.abc import Mapping

from services.identity.domain.code import (
    CodeMissed,
    CodeNotSent,
    CodeReleased,
    CodeRequested,
    CodeSent,
    CodeUsed,
)
from services.identity.domain.code_hour import AddressesForgotten
from services.identity.domain.consent_codes import ConsentCodeAsked, ConsentCodeSettled, ConsentCodeTried
from services.identity.domain.contact import EmailConfirmed, PhoneConfirmed
from services.identity.domain.factor_reset import FactorResetApproved, FactorResetProposed
from services.identity.domain.invitation import InvitationAccepted, InvitationMade, InvitationMissed
from services.identity.domain.second_factor import (
    RecoveryCodeUsed,
    SecondFactorConfirmed,
    SecondFactorMissed,
    SecondFactorOffered,
    SecondFactorRemoved,
    SecondFactorUsed,
)

JOINING: Mapping[str, type] = {
    "code_requested.v1": CodeRequested,
    "code_released.v1": CodeReleased,
    "code_sent.v1": CodeSent,
    "code_not_sent.v1": CodeNotSent,
    "code_missed.v1": CodeMissed,
    "code_used.v1": CodeUsed,
    "consent_code_asked.v1": ConsentCodeAsked,
    "consent_code_settled.v1": ConsentCodeSettled,
    "consent_code_tried.v1": ConsentCodeTried,
    "addresses_forgotten.v1": AddressesForgotten,
    "email_confirmed.v1": EmailConfirmed,
    "phone_confirmed.v1": PhoneConfirmed,
    "invitation_made.v1": InvitationMade,
    "invitation_accepted.v1": InvitationAccepted,
    "invitation_missed.v1": InvitationMissed,
    "second_factor_offered.v1": SecondFactorOffered,
    "second_factor_confirmed.v1": SecondFactorConfirmed,
    "second_factor_used.v1": SecondFactorUsed,
    "recovery_code_used.v1": RecoveryCodeUsed,
    "second_factor_missed.v1": SecondFactorMissed,
    "second_factor_removed.v1": SecondFactorRemoved,
    "factor_reset_proposed.v1": FactorResetProposed,
    "factor_reset_approved.v1": FactorResetApproved,
}
