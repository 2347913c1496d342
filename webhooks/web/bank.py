"""POST /webhooks/bank: Standard Webhooks; a letter is believed, stored once and answered; a job opens it."""

import json

from flask import Blueprint, Response

from foundation.access import public
from foundation.database import alone
from foundation.settings import current_settings
from webhooks.bank_letters import read_letter
from webhooks.inbox import store_letter
from webhooks.unreadable import Unreadable
from webhooks.web.signed_letters import signed_body

blueprint = Blueprint("webhooks_bank", __name__)


@blueprint.post("/webhooks/bank")
@public
def receive() -> Response:
    """Believe, read, store once with its job, answer 2xx; what cannot be believed or read is 400, changing nothing.

    Raises LetterTooLarge, SignatureRefused, Unreadable.
    """
    message_id, raw = signed_body(current_settings().bank_webhook_secrets)
    try:
        letter = read_letter(json.loads(raw))
    except (ValueError, RecursionError) as problem:
        raise Unreadable({"": "not_an_object"}) from problem
    with alone() as connection:
        store_letter(connection, "bank", message_id, letter["type"], letter)
    return Response(status=204)
