"""What a request says, as one text: by it a repeated request is told from another with the same id."""

import hashlib

from google.protobuf.message import Message


def digest(request: Message) -> str:
    """SHA-256 (hex) over the message's type and its deterministic bytes, `request_id` left out."""
    content = hashlib.sha256(request.DESCRIPTOR.full_name.encode())
    request_id = getattr(request, "request_id", "")
    if request_id:
        request.ClearField("request_id")
    content.update(request.SerializeToString(deterministic=True))
    if request_id:
        request.request_id = request_id  # type: ignore[attr-defined] # it has the field, or there were no id
    return content.hexdigest()
