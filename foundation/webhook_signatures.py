"""Standard Webhooks 1.0.0: signing what we send, believing what we receive (several secrets in a roll, ±300 s)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Protocol

from foundation import clock

TOLERANCE_SECONDS = 300
LONGEST_ID = 255
LONGEST_TIMESTAMP = 12
SHORTEST_KEY, LONGEST_KEY = 24, 64
_PREFIX = "whsec_"


class HeaderSource(Protocol):
    """Whatever answers a header by its name: a request's headers, or a mapping with lower-case names."""

    def get(self, key: str, default: str, /) -> str:
        """The header's value, or the default."""


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


def believe(secrets: Iterable[str], headers: HeaderSource, body: bytes) -> str:
    """The message id when one of `secrets` signed `body` within the tolerance. Raises SignatureRefused."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (message_id and timestamp and given):
        raise SignatureRefused("header missing")
    if len(message_id) > LONGEST_ID or not (message_id.isascii() and message_id.isprintable()):
        raise SignatureRefused("id malformed")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > LONGEST_TIMESTAMP:
        raise SignatureRefused("timestamp malformed")
    if abs(clock.real_now().timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise SignatureRefused("timestamp outside the tolerance")
    offered = [part.removeprefix("v1,").encode(errors="replace") for part in given.split(" ") if part[:3] == "v1,"]
    for secret in secrets:
        expected = _signature(secret, message_id, timestamp, body).encode()
        if expected and any(hmac.compare_digest(expected, one) for one in offered):
            return message_id
    raise SignatureRefused("no signature fits")


def secret_is_sound(secret: str) -> bool:
    """Whether a secret is what the specification asks for: `whsec_` and the base64 of 24 to 64 bytes."""
    return secret.startswith(_PREFIX) and SHORTEST_KEY <= len(_key(secret)) <= LONGEST_KEY


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = _key(secret)
    if not key:
        return ""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """The bytes of a secret; none where it is not base64, so that nothing is ever signed with a broken one."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return b""
