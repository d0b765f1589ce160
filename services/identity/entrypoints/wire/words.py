"""The enums of identity on the wire and in the domain; what callers filter by has these names, too."""

from linli.cases.v1 import cases_types_pb2 as cases
from linli.identity.v1 import identity_sharing_pb2 as sharing
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2

from libs.rpc.enums import EnumTable, EnumWords
from services.identity.domain import code, nomination, notice, preferences
from services.identity.domain.consent import events as consent
from services.identity.domain.data_set import DataField
from services.identity.domain.delegation import Power
from services.identity.domain.fact_kinds import FactKind, Source, SubjectKind
from services.identity.domain.incident import events as incident
from services.identity.domain.values import BodyKind, KeyKind, Level, Relation, Role

KEY_KINDS = EnumTable(types.KeyKind, KeyKind)
LEVELS = EnumTable(types.AreaLevel, Level)
BODY_KINDS = EnumTable(types.BodyKind, BodyKind)
ROLES = EnumTable(access_pb2.Role, Role)
CONSENT_PURPOSES = EnumTable(types.ConsentPurpose, consent.ConsentPurpose)
INCIDENT_KINDS = EnumTable(types.IncidentKind, incident.IncidentKind)
RISKS = EnumTable(types.IncidentRisk, incident.Risk)
STAGES = EnumTable(types.IncidentState, incident.Stage)
DUTIES = EnumTable(types.NotificationDuty, incident.Duty)
POWERS = EnumTable(types.DelegatedPower, Power)
DATA_FIELDS = EnumTable(sharing.DataField, DataField)
CONFIRMATIONS = EnumTable(types.ConsentConfirmation, consent.Confirmation)
NOTICE_KINDS = EnumTable(types.NoticeKind, notice.NoticeKind)
NOTICE_CHANNELS = EnumTable(types.NoticeChannel, preferences.NoticeChannel)
LANGUAGES = EnumTable(types.NoticeLanguage, preferences.Language)
CODE_PURPOSES = EnumTable(types.CodePurpose, code.CodePurpose, only_here=[code.CodePurpose.REPLACED])
OUTCOMES = EnumTable(types.NominationState, nomination.Outcome, only_on_wire=frozenset({"OPEN", "EXPIRED"}))
FACT_KINDS = EnumTable(types.FactKind, FactKind)
SOURCES = EnumTable(types.FactSource, Source)
SUBJECTS = EnumTable(types.FactSubject, SubjectKind)
RELATIONS = EnumTable(types.Relation, Relation)
CLOSINGS = EnumWords(cases.Closing)
CLOCKS = EnumWords(cases.ClockKind)
"""The last two of cases, in words: identity only repeats them."""
