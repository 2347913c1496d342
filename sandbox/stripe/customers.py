"""Customers: the studios, as the shop describes them."""

from sandbox.stripe import events
from sandbox.stripe.errors import missing, not_played
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.parameters import check_metadata, merged_metadata
from sandbox.stripe.world import World

_TEXTS = ("business_name", "description", "email", "individual_name", "name", "phone")
_PLAYED = {*_TEXTS, "address", "expand", "metadata", "preferred_locales", "tax_exempt", "tax_id_data"}
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")

LISTING = Listing(url="/v1/customers", kind="customer", label="customer", filters={"email": body_filter("email")})


def create(world: World, params: Json) -> Json:
    """Create a customer and write ``customer.created``."""
    now = world.clock.now()
    customer: Json = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "individual_name": None,
        "invoice_prefix": new_id("x", 8)[2:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _apply(customer, params)
    customer["metadata"] = check_metadata(params.get("metadata") or {})
    tax_ids = [_tax_id(customer["id"], now, wanted) for wanted in params.get("tax_id_data", [])]
    world.store.put(customer, {"tax_ids": tax_ids})
    events.record(world, "customer.created", customer)
    return customer


def update(world: World, identifier: str, params: Json) -> Json:
    """Change what the parameters name and write ``customer.updated`` when something changed."""
    customer = retrieve(world, identifier)
    before = dict(customer)
    _apply(customer, {name: value for name, value in params.items() if name != "tax_id_data"})
    if "metadata" in params:
        customer["metadata"] = merged_metadata(customer["metadata"], params["metadata"])
    previous = {name: value for name, value in before.items() if customer[name] != value}
    if previous:
        world.store.put(customer)
        events.record(world, "customer.updated", customer, previous)
    return customer


def retrieve(world: World, identifier: str, param: str = "id", status: int = 404) -> Json:
    """Return a customer; ApiError when there is none."""
    customer = world.store.find(identifier, "customer")
    if customer is None:
        raise missing("customer", identifier, param, status)
    return customer


def _apply(customer: Json, params: Json) -> None:
    for name in params:
        if name not in _PLAYED:
            raise not_played(name)
    for name in _TEXTS:
        if name in params:
            customer[name] = params[name] or None
    if "preferred_locales" in params:
        customer["preferred_locales"] = params["preferred_locales"]
    if "tax_exempt" in params:
        customer["tax_exempt"] = params["tax_exempt"] or "none"
    if "address" in params:
        address = params["address"]
        customer["address"] = {part: address.get(part) for part in _ADDRESS} if address else None


def _tax_id(customer: str, now: int, wanted: Json) -> Json:
    return {
        "id": new_id("txi"),
        "object": "tax_id",
        "country": "IT",
        "created": now,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer, "type": "customer"},
        "type": wanted["type"],
        "value": wanted["value"],
        "verification": {"status": "unavailable", "verified_address": None, "verified_name": None},
    }


def contact(world: World, identifier: str | None) -> Json:
    """Return name, address and mail of a customer for the objects that repeat them."""
    if identifier is None:
        return {"name": None, "email": None, "phone": None, "address": None}
    customer = world.store.get(identifier)
    return {
        "name": customer["business_name"] or customer["name"],
        "email": customer["email"],
        "phone": customer["phone"],
        "address": customer["address"],
    }


def tax_ids(world: World, identifier: str | None) -> list[Json]:
    """Return the tax ids of a customer in the short form that a Checkout Session shows."""
    if identifier is None:
        return []
    kept = world.store.note(identifier).get("tax_ids", [])
    return [{"type": tax_id["type"], "value": tax_id["value"]} for tax_id in kept]
