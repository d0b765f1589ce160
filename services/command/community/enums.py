"""Words of a community file and the numbers of the wire, both ways."""

from linli.catalog.v1 import catalog_types_pb2 as types
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import access_pb2

from libs.rpc.enums import EnumWords

LEVELS = EnumWords(kinds.AreaLevel)
BODY_KINDS = EnumWords(kinds.BodyKind)
ROLES = EnumWords(access_pb2.Role)
EVIDENCE_KINDS = EnumWords(types.EvidenceKind)
RECIPIENTS = EnumWords(types.EscalationRecipient)
RELATIONS = EnumWords(kinds.Relation)
FACT_KINDS = EnumWords(kinds.FactKind)
STATUSES = EnumWords(types.ServiceStatus)
