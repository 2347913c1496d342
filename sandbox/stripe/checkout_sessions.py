"""Checkout Sessions: created by the shop, paid or left on the hosted page, closed for good."""

from urllib.parse import urlsplit

from sandbox.stripe import customers, events, line_items
from sandbox.stripe.errors import conflict, invalid, missing, not_played
from sandbox.stripe.identifiers import new_session_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.parameters import check_metadata, merged_metadata, require
from sandbox.stripe.world import World

SOONEST, LATEST = 30 * 60, 24 * 3600
SMALLEST_TOTAL = 50
SETUP = "setup"
"""The mode of a page that saves a card and takes no money."""
_OTHER_MODE = {"payment": ("setup_intent_data",), SETUP: ("line_items", "payment_intent_data", "submit_type")}
LONGEST_REFERENCE = 200
PAYMENT_METHODS = ("card", "sepa_debit", "customer_balance")

_PLAYED = {
    "adaptive_pricing", "allowed_payment_method_types", "automatic_tax",
    "billing_address_collection", "cancel_url", "client_reference_id", "currency", "custom_text",
    "customer", "customer_creation", "customer_email", "excluded_payment_method_types", "expand",
    "expires_at", "invoice_creation", "line_items", "locale", "metadata", "mode",
    "payment_intent_data", "payment_method_options", "phone_number_collection",
    "setup_intent_data", "submit_type", "success_url", "tax_id_collection", "ui_mode",
}  # fmt: skip
_PLAYED_INTENT = {
    "capture_method",
    "description",
    "metadata",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
}
_SWITCHED_OFF = (
    "adaptive_pricing",
    "automatic_tax",
    "invoice_creation",
    "tax_id_collection",
    "phone_number_collection",
)

LISTING = Listing(
    url="/v1/checkout/sessions",
    kind="checkout.session",
    label="checkout.session",
    filters={name: body_filter(name) for name in ("customer", "payment_intent", "status")},
)


def create(world: World, params: Json) -> Json:
    """Open a Checkout Session; ApiError names the first parameter that Stripe would refuse."""
    _check(params)
    now = world.clock.now()
    customer = params.get("customer")
    if customer is not None:
        customers.retrieve(world, customer, "customer", status=400)
    saves = params["mode"] == SETUP
    items = [] if saves else line_items.build(world, require(params, "line_items"))
    total = None if saves else sum(item["amount_total"] for item in items)
    if total is not None and 0 < total < SMALLEST_TOTAL:
        raise invalid(
            "The Checkout Session's total amount must convert to at least 50 cents.",
            "line_items", "amount_too_small",
        )  # fmt: skip
    expires_at = params.get("expires_at", now + LATEST)
    if not now + SOONEST <= expires_at <= now + LATEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from"
            " Checkout Session creation.",
            "expires_at",
        )
    session = _fresh(world, params, now, expires_at, total)
    data = params.get("setup_intent_data" if saves else "payment_intent_data", {})
    note = {"line_items": items, "intent_data": data}
    world.store.put(session, note)
    return session


def _check(params: Json) -> None:
    for name in params:
        if name not in _PLAYED:
            raise not_played(name)
    _check_mode(params)
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_played("ui_mode")
    _check_urls(params)
    for name in _SWITCHED_OFF:
        if params.get(name, {}).get("enabled"):
            raise not_played(f"{name}[enabled]")
    if len(params.get("client_reference_id", "")) > LONGEST_REFERENCE:
        raise invalid(
            f"client_reference_id has at most {LONGEST_REFERENCE} characters.",
            "client_reference_id",
        )
    check_metadata(params.get("metadata") or {})
    for name in ("payment_intent_data", "setup_intent_data"):
        _check_intent_data(params.get(name, {}), name)


def _check_mode(params: Json) -> None:
    mode = require(params, "mode")
    if mode not in _OTHER_MODE:
        raise not_played("mode")
    for name in _OTHER_MODE[mode]:
        if name in params:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", name)


def _check_urls(params: Json) -> None:
    require(params, "success_url")
    for name in ("success_url", "cancel_url"):
        parts = urlsplit(params.get(name, "http://absent"))
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise invalid("Not a valid URL", name, "url_invalid")


def _check_intent_data(data: Json, label: str) -> None:
    for name in data:
        if name not in _PLAYED_INTENT or data.get("capture_method") == "manual":
            raise not_played(f"{label}[{name}]")
    check_metadata(data.get("metadata", {}), f"{label}[metadata]")


def _methods(world: World, params: Json) -> list[str]:
    wanted = params.get("allowed_payment_method_types")
    if wanted is None:
        wanted = list(world.configuration.default_payment_methods)
    refused = params.get("excluded_payment_method_types", [])
    methods = [name for name in PAYMENT_METHODS if name in wanted and name not in refused]
    if not methods:
        raise invalid(
            f"No payment method is left; the simulator plays {', '.join(PAYMENT_METHODS)}.",
            "allowed_payment_method_types",
        )
    return methods


def _fresh(world: World, params: Json, now: int, expires_at: int, total: int | None) -> Json:
    identifier, customer = new_session_id(), params.get("customer")
    options = {"card": {"request_three_d_secure": "automatic"}}
    return {
        **_unused(),
        **{name: params.get(name) for name in _ECHOED},
        "id": identifier,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "created": now,
        "currency": "eur",
        "custom_text": _custom_text(params.get("custom_text", {})),
        "customer_creation": None if customer else params.get("customer_creation", "if_required"),
        "customer_details": _customer_details(world, customer, params.get("customer_email")),
        "expires_at": expires_at,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_method_options": params.get("payment_method_options") or options,
        "payment_method_types": _methods(world, params),
        "payment_status": "unpaid" if params["mode"] != SETUP else "no_payment_required",
        "status": "open",
        "ui_mode": "hosted_page",
        "url": f"{world.public_url}/checkout/{identifier}",
    }


_ECHOED = (
    "allowed_payment_method_types", "billing_address_collection", "cancel_url",
    "client_reference_id", "customer", "customer_email", "excluded_payment_method_types", "locale",
    "submit_type", "success_url",
)  # fmt: skip

_EMPTY = (
    "after_expiration", "allow_promotion_codes", "branding_settings", "client_secret", "consent",
    "consent_collection", "currency_conversion", "customer_account", "integration_identifier",
    "invoice", "line_items", "name_collection", "optional_items", "origin_context",
    "payment_intent", "payment_link", "payment_method_configuration_details", "permissions",
    "presentment_details", "recovered_from", "redirect_on_completion", "return_url",
    "saved_payment_method_options", "setup_intent", "shipping_address_collection",
    "shipping_cost", "subscription", "tax_id_collection", "wallet_options",
)  # fmt: skip


def _unused() -> Json:
    """Return the parts of a session that belong to features nobody here uses."""
    return {
        **dict.fromkeys(_EMPTY),
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "collected_information": {
            "business_name": None,
            "individual_name": None,
            "shipping_details": None,
        },
        "custom_fields": [],
        "discounts": [],
        "invoice_creation": _no_invoice(),
        "managed_payments": {"enabled": False},
        "payment_method_collection": "if_required",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }


def _custom_text(wanted: Json) -> Json:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: wanted.get(name) or None for name in names}


def _customer_details(world: World, customer: str | None, email: str | None) -> Json | None:
    if customer is None and email is None:
        return None
    contact = customers.contact(world, customer)
    return {
        "address": contact["address"],
        "business_name": contact["name"],
        "email": contact["email"] or email,
        "individual_name": None,
        "name": contact["name"],
        "phone": contact["phone"],
        "tax_exempt": "none",
        "tax_ids": customers.tax_ids(world, customer),
    }


def _no_invoice() -> Json:
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    return {"enabled": False, "invoice_data": {**dict.fromkeys(names), "metadata": {}}}


def retrieve(world: World, identifier: str) -> Json:
    """Return a Checkout Session; ApiError when there is none."""
    session = world.store.find(identifier, "checkout.session")
    if session is None:
        raise missing("checkout.session", identifier)
    return session


def update(world: World, identifier: str, params: Json) -> Json:
    """Change the metadata, the one thing of a session the shop may change afterwards."""
    for name in params:
        if name not in ("metadata", "expand"):
            raise not_played(name)
    session = retrieve(world, identifier)
    if "metadata" in params:
        session["metadata"] = merged_metadata(session["metadata"], params["metadata"])
        world.store.put(session)
    return session


def items(world: World, identifier: str, params: Json) -> Json:
    """Return one page of the line items of a Checkout Session."""
    retrieve(world, identifier)
    kept = world.store.note(identifier)["line_items"]
    return line_items.listed(kept, identifier, params)


def expire(world: World, identifier: str) -> Json:
    """Close an open Checkout Session before its time; ApiError for one that is not open."""
    session = retrieve(world, identifier)
    if session["status"] != "open":
        raise conflict(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout'
            f" Session has a status of {session['status']}."
        )
    close(world, session)
    return session


def close(world: World, session: Json) -> None:
    """Mark an open session expired, and cancel the payment that was tried and declined in it."""
    session.update(status="expired", url=None)
    world.store.put(session)
    events.record(world, "checkout.session.expired", session)
    tried = world.store.note(session["id"]).get("intent")
    if tried is not None:
        intent = world.store.get(tried)
        intent.update(status="canceled", canceled_at=world.clock.now(), cancellation_reason="abandoned")
        world.store.put(intent)
        events.record(world, "payment_intent.canceled", intent)
