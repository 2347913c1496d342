"""POST /webhooks/bank: Standard Webhooks; a letter is believed, stored once and answered; a job opens it."""

import json

from flask import Blueprint, Response, request

from foundation.access import public
from foundation.database import alone
from foundation.settings import current_settings
from foundation.webhook_signatures import believe
from webhooks.bank_letters import read_letter
from webhooks.inbox import store_letter
from webhooks.unreadable import Unreadable
from webhooks.web.problems import LetterTooLarge

LARGEST_LETTER = 20_000

blueprint = Blueprint("webhooks_bank", __name__)


@blueprint.post("/webhooks/bank")
@public
def receive() -> Response:
    """Believe, read, store once with its job, answer 2xx; what cannot be believed or read is 400, changing nothing."""
    raw = request.get_data()
    if len(raw) > LARGEST_LETTER:
        raise LetterTooLarge
    message_id = believe(current_settings().bank_webhook_secrets, request.headers, raw)
    try:
        letter = read_letter(json.loads(raw))
    except (ValueError, RecursionError) as problem:
        raise Unreadable({"": "not_an_object"}) from problem
    with alone() as connection:
        store_letter(connection, "bank", message_id, letter["type"], letter)
    return Response(status=204)
