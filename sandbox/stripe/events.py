"""Events: what happened, as a snapshot and as its thin twin, kept with the effect itself."""

import copy
from datetime import UTC, datetime

from sandbox.stripe.configuration import API_VERSION, SNAPSHOT
from sandbox.stripe.errors import ApiError, invalid, missing
from sandbox.stripe.identifiers import new_id, new_thin_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, page
from sandbox.stripe.world import World

KEPT = 30 * 86400
MOST_TYPES = 20

# The one type with a snapshot and no thin form.
_WITHOUT_TWIN = "customer_cash_balance_transaction.created"

_URLS = {
    "charge": "/v1/charges",
    "checkout.session": "/v1/checkout/sessions",
    "customer": "/v1/customers",
    "dispute": "/v1/disputes",
    "payment_intent": "/v1/payment_intents",
    "payment_method": "/v1/payment_methods",
    "payout": "/v1/payouts",
    "refund": "/v1/refunds",
    "setup_intent": "/v1/setup_intents",
}

LISTING = Listing(url="/v1/events", kind="event", label="event")

_UNDELIVERED = "EXISTS (SELECT 1 FROM deliveries d WHERE d.event = objects.id AND d.state <> 'delivered')"


def record(world: World, kind: str, subject: Json, previous: Json | None = None) -> Json:
    """Write an event about an object as it is now, with a delivery for each form it is sent in."""
    data: Json = {"object": copy.deepcopy(subject)}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": world.clock.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {
            "id": world.request.id,
            "idempotency_key": world.request.idempotency_key,
        },
        "type": kind,
    }
    with world.store.transaction():
        world.store.put(event, {"thin": new_thin_id()})
        for form in _forms(world, kind):
            _add_delivery(world, event["id"], form)
    world.ring()
    return event


def _forms(world: World, kind: str) -> list[str]:
    return [form for form in world.webhook.forms_of(kind) if form == SNAPSHOT or kind != _WITHOUT_TWIN]


def _add_delivery(world: World, event: str, form: str) -> None:
    delay = float(world.store.setting("delivery_mode", {}).get("delay", 0))
    now = world.real_time()
    world.store.rows(
        "INSERT INTO deliveries (event, kind, first_at, due_at) VALUES (?, ?, ?, ?)",
        (event, form, now, now + delay),
    )


def resend(world: World, identifier: str) -> Json:
    """Queue an event once more in every form, delivered or not; ApiError when there is none."""
    with world.store.transaction():
        event = retrieve(world, identifier)
        for form in _forms(world, event["type"]):
            _add_delivery(world, identifier, form)
    world.ring()
    return event


def retrieve(world: World, identifier: str) -> Json:
    """Return an event as the API shows it, with the number of deliveries still open."""
    event = world.store.find(identifier, "event")
    if event is None or event["created"] < world.clock.now() - KEPT:
        raise missing("event", identifier)
    return shown(world, event)


def shown(world: World, event: Json) -> Json:
    """Return the event with the number of its deliveries that are still open."""
    rows = world.store.rows(
        "SELECT count(*) AS open FROM deliveries WHERE event = ? AND state = 'pending'",
        (event["id"],),
    )
    return {**event, "pending_webhooks": rows[0]["open"]}


def listed(world: World, params: Json) -> Json:
    """Return a page of the last 30 days, filtered by type and by success of delivery."""
    asked = dict(params)
    kinds = _kinds(asked)
    conditions: list[tuple[str, list[object]]] = [("created >= ?", [world.clock.now() - KEPT])]
    if kinds:
        marks = ", ".join("?" for _ in kinds)
        conditions.append((f"json_extract(body, '$.type') IN ({marks})", [*kinds]))
    wildcard = asked.pop("type", None)
    if wildcard is not None:
        pattern = wildcard.replace("*", "%") if wildcard.endswith("*") else wildcard
        conditions.append(("json_extract(body, '$.type') LIKE ?", [pattern]))
    success = asked.pop("delivery_success", None)
    if success is not None:
        conditions.append((f"NOT {_UNDELIVERED}" if success else _UNDELIVERED, []))
    found = page(world, LISTING, asked, *conditions)
    return {**found, "data": [shown(world, event) for event in found["data"]]}


def _kinds(asked: Json) -> list[str]:
    kinds: list[str] = asked.pop("types", [])
    if kinds and "type" in asked:
        raise ApiError("You may pass either `type` or `types`, but not both.", param="types")
    if len(kinds) > MOST_TYPES:
        raise invalid(f"You may pass up to {MOST_TYPES} types.", "types")
    if any("*" in kind for kind in kinds):
        raise invalid("Wildcards are not supported in `types`.", "types")
    return kinds


def thin(world: World, event: Json) -> Json:
    """Return the thin form of an event: what changed and where to read it, nothing more."""
    subject = event["data"]["object"]
    created = datetime.fromtimestamp(event["created"], UTC)
    return {
        "id": world.store.note(event["id"])["thin"],
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "context": None,
        "reason": None,
        "related_object": {
            "id": subject["id"],
            "type": subject["object"],
            "url": f"{_URLS[subject['object']]}/{subject['id']}",
        },
        "snapshot_event": event["id"],
    }


def retrieve_thin(world: World, identifier: str) -> Json:
    """Return a thin event by its own identifier, as ``/v2/core/events/{id}`` gives it."""
    rows = world.store.rows(
        "SELECT id FROM objects WHERE kind = 'event' AND json_extract(note, '$.thin') = ?",
        (identifier,),
    )
    if not rows:
        raise missing("event", identifier)
    event = world.store.get(rows[0]["id"])
    if event["created"] < world.clock.now() - KEPT or event["type"] == _WITHOUT_TWIN:
        raise missing("event", identifier)
    return thin(world, event)
