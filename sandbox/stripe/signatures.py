"""The signature header, made at the moment of sending so that a retry is never stale."""

import hashlib
import hmac
from collections.abc import Sequence


def signature_header(body: bytes, secrets: Sequence[str], timestamp: int) -> str:
    """Return ``t=…,v1=…`` with one ``v1`` per secret, as during a roll of secrets."""
    signed = str(timestamp).encode("ascii") + b"." + body
    digests = [hmac.new(s.encode("utf-8"), signed, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])
