"""Tokens: random ones stored only as hashes, and link tokens that are computed, never stored (M11)."""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

_LINK_TAG_BYTES = 20


def new_token(prefix: str = "") -> str:
    """A fresh secret of 256 bits; only its `token_hash` may be stored."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 of a token of 256 random bits (no salt needed: it cannot be guessed)."""
    return hashlib.sha256(_bytes(token)).hexdigest()


def link_token(secret_key: str, kind: str, subject: UUID, version: int) -> str:
    """The token of a link: its subject and an HMAC over kind, subject and version; dies when the version moves on."""
    return f"{_encode(subject.bytes)}.{_encode(_tag(secret_key, kind, subject, version))}"


def link_subject(token: str) -> UUID | None:
    """The subject a link token speaks of, not yet believed; None when the token is malformed."""
    try:
        raw = _decode(token.partition(".")[0])
        return UUID(bytes=raw)
    except ValueError:
        return None


def link_token_is_valid(secret_key: str, kind: str, token: str, subject: UUID, version: int) -> bool:
    """Whether `token` is the link token of exactly this kind, subject and version."""
    return hmac.compare_digest(_bytes(token), link_token(secret_key, kind, subject, version).encode())


def link_code(secret_key: str, kind: str, subject: UUID, version: int) -> str:
    """Six digits a person types from a mail, computed like a link token; whoever asks for them throttles guesses."""
    tag = hmac.new(_derive(secret_key, "code"), f"{kind}:{subject}:{version}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(tag[:8]) % 1_000_000:06d}"


def link_code_is_valid(secret_key: str, kind: str, code: str, subject: UUID, version: int) -> bool:
    """Whether `code` is the code of exactly this kind, subject and version."""
    return hmac.compare_digest(_bytes(code), link_code(secret_key, kind, subject, version).encode())


def keyed_hash(secret_key: str, purpose: str, value: str) -> str:
    """A hash of a personal datum that recognises it again without storing it."""
    key = _derive(secret_key, purpose)
    return hmac.new(key, _bytes(value), hashlib.sha256).hexdigest()


def _bytes(given: str) -> bytes:
    """What a stranger sent, as bytes: half a surrogate pair is no text, but must not be an error either."""
    return given.encode(errors="surrogatepass")


def _tag(secret_key: str, kind: str, subject: UUID, version: int) -> bytes:
    message = f"{kind}:{subject}:{version}".encode()
    return hmac.new(_derive(secret_key, "link"), message, hashlib.sha256).digest()[:_LINK_TAG_BYTES]


def _derive(secret_key: str, purpose: str) -> bytes:
    return hmac.new(secret_key.encode(), f"gettone/{purpose}".encode(), hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
