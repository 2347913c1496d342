"""Standard Webhooks 1.0.0: signing what we send and believing what we receive (several secrets during a roll, ±300 s)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from foundation import clock

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"


class SignatureRefused(Exception):
    """The letter is not believed; `reason` is for the log, never for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def signed_headers(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """The three headers that sign `body` now."""
    timestamp = str(int(clock.real_now().timestamp()))
    signature = _signature(secret, message_id, timestamp, body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def believe(secrets: Iterable[str], headers: Mapping[str, str], body: bytes) -> str:
    """The message id when one of `secrets` signed `body` within the tolerance. Raises SignatureRefused."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (message_id and timestamp and given):
        raise SignatureRefused("header missing")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:  # noqa: PLR2004 - digits of an epoch
        raise SignatureRefused("timestamp malformed")
    if abs(clock.real_now().timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureRefused("timestamp outside the tolerance")
    offered = [part.partition(",")[2] for part in given.split(" ") if part.startswith("v1,")]
    for secret in secrets:
        expected = _signature(secret, message_id, timestamp, body) if secret else ""
        if expected and any(hmac.compare_digest(expected.encode(), one.encode()) for one in offered):
            return message_id
    raise SignatureRefused("no signature fits")


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return ""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
