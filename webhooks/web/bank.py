"""POST /webhooks/bank: Standard Webhooks; a letter is believed, stored once and answered; a job opens it."""

import json

from flask import Blueprint, Response, request

from foundation.access import public
from foundation.database import alone
from foundation.problems import problem_response
from foundation.settings import current_settings
from foundation.webhook_signatures import SignatureRefused, believe
from webhooks.bank_letters import Unreadable, read_letter
from webhooks.inbox import store_letter

LARGEST_LETTER = 20_000

blueprint = Blueprint("webhooks_bank", __name__)


@blueprint.post("/webhooks/bank")
@public
def receive() -> Response:
    """Believe, read, store once with its job, answer 2xx; what cannot be believed or read is 400, changing nothing."""
    raw = request.get_data()
    if len(raw) > LARGEST_LETTER:
        return problem_response(413, "letter-too-large", "The letter is too large.")
    try:
        message_id = believe(current_settings().bank_webhook_secrets, request.headers, raw)
        letter = read_letter(json.loads(raw))
    except (SignatureRefused, ValueError, RecursionError):
        return problem_response(400, "letter-not-believed", "The letter cannot be believed or read.")
    except Unreadable as problem:
        return problem_response(400, "letter-unreadable", f"The letter cannot be read: {problem.reason}.")
    with alone() as connection:
        store_letter(connection, "bank", message_id, letter["type"], letter)
    return Response(status=204)
