"""POST /webhooks/stripe, the first of two stages: believe, read, store once with its job, answer."""

from flask import Blueprint, Response

from foundation.access import public
from foundation.current import this_request
from foundation.database import alone
from foundation.logs import log, note
from foundation.settings import current_settings
from webhooks.inbox import store_letter
from webhooks.stripe_hints import known_at_sight, read_letter
from webhooks.stripe_signatures import NotBelieved, believe_stripe

LARGEST_LETTER = 512 * 1024
SOURCE = "stripe"

blueprint = Blueprint("webhooks_stripe", __name__)


@blueprint.post("/webhooks/stripe")
@public
def receive() -> Response:
    """Store a believed letter; 400 for what cannot be believed or read, 5xx when storing fails, so that it returns."""
    request, settings = this_request(), current_settings()
    request.max_content_length = LARGEST_LETTER
    raw = request.get_data()
    try:
        believe_stripe(settings.stripe_webhook_secrets, request.headers.get("Stripe-Signature"), raw)
        hint = read_letter(raw)
    except NotBelieved as refusal:
        log().warning("stripe letter refused", verdict=refusal.reason)
        raise
    at_sight = known_at_sight(hint, livemode=settings.livemode)
    with alone() as connection:
        fresh = store_letter(connection, SOURCE, hint.event_id, hint.type, hint.to_json(), verdict=at_sight)
    verdict = (at_sight or "stored") if fresh else "known"
    note(event_id=hint.event_id, event_type=hint.type, verdict=verdict)
    return Response(status=204)
