"""One-time codes, and the addresses that they go to."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import invalid
from services.identity.application.code import Address, Proof
from services.identity.domain.preferences import NoticeChannel


def proof_of(proof: pb.CodeProof) -> Proof:
    """A code as somebody typed it."""
    address = address_of(proof.email, proof.phone, "proof.email")
    return Proof(code_id=proof.code_id, address=address, typed=proof.code)


def address_of(email: str, phone: str, field: str) -> Address:
    """One of the two. Refuses INVALID_REQUEST."""
    if bool(email) == bool(phone):
        raise invalid(field, "give an e-mail address or a phone number, and not both")
    if email:
        return Address(NoticeChannel.EMAIL, email)
    return Address(NoticeChannel.SMS, phone)
