"""Believing Stripe (Stripe checks 5, 6 and 14): several secrets during a roll, and a time bound on both sides."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from foundation import clock

if TYPE_CHECKING:
    import stripe

TOLERANCE_SECONDS = 300


class NotBelieved(Exception):
    """The letter is not believed or cannot be read; `reason` is for the log, never for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def believe_stripe(secrets: Iterable[str], header: str | None, raw: bytes) -> None:
    """Return when one of `secrets` signed these very bytes within 300 s of now. Raises NotBelieved.

    The library tries every signature of one header with one secret; it bounds the past, the future is bounded here. No
    secret, or an empty one, believes nobody.
    """
    # The library compares texts, and knows no others than ASCII ones.
    if header is None or not header.isascii() or not any(_signed(secret, header, raw) for secret in secrets):
        raise NotBelieved("signature")
    if _sent_at(header) > clock.real_now().timestamp() + TOLERANCE_SECONDS:
        raise NotBelieved("time ahead")


def _signed(secret: str, header: str, raw: bytes) -> bool:
    library, refused = _library()
    try:
        return bool(library.verify_header(raw, header, secret, TOLERANCE_SECONDS))
    except (refused, UnicodeDecodeError):
        return False


@cache
def _library() -> "tuple[type[stripe.WebhookSignature], type[stripe.SignatureVerificationError]]":
    """What is needed of the library; with the HTTP library it brings it takes a twentieth of a start, so not then."""
    import stripe  # noqa: PLC0415

    return stripe.WebhookSignature, stripe.SignatureVerificationError


def _sent_at(header: str) -> int:
    """The `t` of a header the library has just believed: its first one, as there."""
    return next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
