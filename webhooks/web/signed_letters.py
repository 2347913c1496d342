"""Letters under Standard Webhooks: how large they may be, and whether they are believed."""

from collections.abc import Sequence

from flask import request

from foundation.webhook_signatures import believe
from webhooks.web.problems import LetterTooLarge

LARGEST_LETTER = 20_000
"""Bytes of a letter."""


def signed_body(secrets: Sequence[str]) -> tuple[str, bytes]:
    """The id and the bytes of the letter this request brings. Raises LetterTooLarge, SignatureRefused."""
    raw = request.get_data()
    if len(raw) > LARGEST_LETTER:
        raise LetterTooLarge
    return believe(secrets, request.headers, raw), raw
