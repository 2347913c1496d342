"""Sealing: secrets of others that must be read again (tokens of connected accounts) lie encrypted in the database.

The stream is HMAC-SHA256 in counter mode under a fresh nonce, the seal an HMAC over nonce and cipher text under another
key (encrypt, then authenticate). Both keys come from the secret key and a purpose, so that a sealed value of one
purpose is no value of another. The standard library has no AES; why this and no further package: docs/decisions.
"""

import base64
import hashlib
import hmac
import secrets

_NONCE = 16
_TAG = 32
_BLOCK = 32


class SealBroken(Exception):
    """What was read is not what was sealed, or was sealed under another key."""


def seal(secret_key: str, purpose: str, text: str) -> str:
    """The text encrypted and authenticated, as ASCII."""
    nonce, plain = secrets.token_bytes(_NONCE), text.encode()
    hidden = _mixed(_key(secret_key, purpose, "stream"), nonce, plain)
    tag = hmac.new(_key(secret_key, purpose, "tag"), nonce + hidden, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(nonce + tag + hidden).decode()


def unseal(secret_key: str, purpose: str, sealed: str) -> str:
    """The text that was sealed for this purpose. Raises SealBroken."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
    except ValueError:
        raise SealBroken from None
    nonce, tag, hidden = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
    expected = hmac.new(_key(secret_key, purpose, "tag"), nonce + hidden, hashlib.sha256).digest()
    if not hmac.compare_digest(tag, expected):
        raise SealBroken
    return _mixed(_key(secret_key, purpose, "stream"), nonce, hidden).decode()


def _key(secret_key: str, purpose: str, use: str) -> bytes:
    return hmac.new(secret_key.encode(), f"gettone/seal/{purpose}/{use}".encode(), hashlib.sha256).digest()


def _mixed(key: bytes, nonce: bytes, text: bytes) -> bytes:
    blocks = range(-(-len(text) // _BLOCK))
    stream = b"".join(hmac.new(key, nonce + number.to_bytes(8), hashlib.sha256).digest() for number in blocks)
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))
