"""Standard Webhooks 1.0.0, both ways: the few lines of HMAC the accounting program needs."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from hashlib import sha256

TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


class BadSignature(Exception):
    """A call that was not signed by the shop; `reason` says in Italian what is wrong with it."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, which is also the text of the answer."""
        super().__init__(reason)
        self.reason = reason


def key_of(secret: str) -> bytes:
    """Return the 24-64 key bytes behind a `whsec_…` secret; anything else is a ValueError."""
    if not secret.startswith(_PREFIX):
        raise ValueError("the secret must start with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret must be whsec_ followed by base64") from error
    if len(key) not in _KEY_BYTES:
        raise ValueError("the secret must hold 24 to 64 bytes")
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` value of one message: `v1,` and the base64 of the HMAC."""
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()


def check(key: bytes, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Refuse, with BadSignature, a message whose three headers (lower case) do not prove who sent it.

    Several signatures separated by spaces are accepted when one of them fits, because a sender
    that changes its secret signs with both for a while.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (message_id and timestamp and given):
        raise BadSignature("Mancano webhook-id, webhook-timestamp o webhook-signature.")
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise BadSignature("webhook-timestamp non è un numero di secondi.")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("webhook-timestamp è lontano più di 5 minuti da adesso.")
    expected = sign(key, message_id, int(timestamp), body).encode()
    candidates = [one.encode() for one in given.split(" ")]
    if not any(hmac.compare_digest(expected, candidate) for candidate in candidates):
        raise BadSignature("La firma non corrisponde.")
