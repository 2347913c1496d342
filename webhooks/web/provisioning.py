"""POST /webhooks/provisioning: Standard Webhooks; a letter is believed, stored once and answered; a job opens it."""

import json
from typing import Any

from flask import Blueprint, Response

from foundation.access import public
from foundation.database import alone
from foundation.settings import current_settings
from webhooks.inbox import store_letter
from webhooks.provisioning_letters import read_answer
from webhooks.unreadable import Unreadable
from webhooks.web.signed_letters import signed_body

blueprint = Blueprint("webhooks_provisioning", __name__)


@blueprint.post("/webhooks/provisioning")
@public
def receive() -> Response:
    """Believe, read, store once with its job, answer 2xx; what cannot be believed or read is 400, changing nothing.

    Raises LetterTooLarge, SignatureRefused, Unreadable.
    """
    message_id, raw = signed_body([current_settings().provisioning_secret])
    letter = _read(raw)
    with alone() as connection:
        store_letter(connection, "provisioning", message_id, str(letter["type"]), letter)
    return Response(status=204)


def _read(raw: bytes) -> dict[str, Any]:
    """The letter. Raises Unreadable."""
    try:
        letter = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Unreadable({"": "not_an_object"}) from problem
    if not isinstance(letter, dict):
        raise Unreadable({"": "not_an_object"})
    if not _storable(letter):
        raise Unreadable({"": "unprintable"})
    read_answer(letter.get("type"), letter.get("data"))
    return letter


def _storable(letter: dict[str, Any]) -> bool:
    """JSON may spell half surrogate pairs, zero characters and numbers without end; no database can hold them."""
    try:
        return b"\\u0000" not in json.dumps(letter, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False


def _no_number(_word: str) -> object:
    """NaN and Infinity are no JSON, and no database keeps them as such."""
    raise Unreadable({"": "invalid"})
