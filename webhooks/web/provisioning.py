"""POST /webhooks/provisioning: Standard Webhooks; a letter is believed, stored once and answered; a job opens it."""

import json
from typing import Any

from flask import Blueprint, Response, request

from foundation.access import public
from foundation.database import alone
from foundation.problems import problem_response
from foundation.settings import current_settings
from foundation.webhook_signatures import SignatureRefused, believe
from webhooks.inbox import store_letter
from webhooks.provisioning_letters import UnreadableAnswer, read_answer

LARGEST_LETTER = 20_000

blueprint = Blueprint("webhooks_provisioning", __name__)


@blueprint.post("/webhooks/provisioning")
@public
def receive() -> Response:
    """Believe, read, store once with its job, answer 2xx; what cannot be believed or read is 400, changing nothing."""
    raw = request.get_data()
    if len(raw) > LARGEST_LETTER:
        return problem_response(413, "letter-too-large", "The letter is too large.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        message_id = believe([current_settings().provisioning_secret], headers, raw)
        letter = _read(raw)
    except (SignatureRefused, ValueError, RecursionError):
        return problem_response(400, "letter-not-believed", "The letter cannot be believed or read.")
    except UnreadableAnswer as problem:
        return problem_response(400, "letter-unreadable", f"The letter cannot be read: {problem.reason}.")
    with alone() as connection:
        store_letter(connection, "provisioning", message_id, str(letter["type"]), letter)
    return Response(status=204)


def _read(raw: bytes) -> dict[str, Any]:
    """The letter. Raises ValueError for what is no JSON text, UnreadableAnswer for what the contract does not know."""
    letter = json.loads(raw, parse_constant=_no_number)
    # JSON may spell half surrogate pairs and zero characters; no database text can hold them.
    if not isinstance(letter, dict) or b"\\u0000" in json.dumps(letter, ensure_ascii=False).encode():
        raise UnreadableAnswer("not an object of texts")
    read_answer(letter.get("type"), letter.get("data"))
    return letter


def _no_number(word: str) -> object:
    """NaN and Infinity are no JSON, and no database keeps them as such."""
    raise UnreadableAnswer(word)
