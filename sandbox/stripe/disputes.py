"""Disputes: the buyer's bank asks the money back, or only asks."""

from sandbox.stripe import balance_transactions, charges, events
from sandbox.stripe.errors import conflict, missing, not_played
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.parameters import merged_metadata
from sandbox.stripe.settlement import book
from sandbox.stripe.world import World

CARD_FEE, SEPA_FEE = 2000, 750
ANSWER_WITHIN = 7 * 86400
CHARGEBACK, INQUIRY = "chargeback", "inquiry"
_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")

LISTING = Listing(
    url="/v1/disputes",
    kind="dispute",
    label="dispute",
    filters={name: body_filter(name) for name in ("charge", "payment_intent")},
)

_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(world: World, charge_id: str, kind: str = CHARGEBACK) -> Json:
    """Open a dispute on a paid charge; ApiError when it has one already.

    A card chargeback takes the money at once and can be won. An inquiry moves none. A SEPA debit
    is given back by the bank without a word: its dispute is born lost.
    """
    charge = charges.retrieve(world, charge_id)
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise conflict("Only a paid charge without a dispute can be disputed.")
    book(world, charge)
    method = charges.method_of(charge)
    if method == "customer_balance":
        raise conflict("A bank transfer cannot be disputed.")
    status = _first_status(method, kind)
    dispute = _fresh(world, charge, method, status)
    charge["disputed"] = True
    world.store.put(charge)
    if status == "lost":
        _withdraw(world, dispute, charge)
    world.store.put(dispute)
    events.record(world, "charge.dispute.created", dispute)
    if status == "needs_response":
        _withdraw(world, dispute, charge)
        world.store.put(dispute)
    if status != "warning_needs_response":
        events.record(world, "charge.dispute.funds_withdrawn", dispute)
    if status == "lost":
        events.record(world, "charge.dispute.closed", dispute)
    return dispute


def _first_status(method: str, kind: str) -> str:
    if method == "sepa_debit":
        return "lost"
    return "needs_response" if kind == CHARGEBACK else "warning_needs_response"


def _fresh(world: World, charge: Json, method: str, status: str) -> Json:
    now = world.clock.now()
    case = "chargeback" if status == "needs_response" else "inquiry"
    dispute: Json = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": "eur",
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + ANSWER_WITHIN,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": status == "warning_needs_response",
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4" if method == "card" else None,
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent" if method == "card" else "insufficient_funds",
        "status": status,
    }
    if method == "card":
        card = {"brand": "visa", "case_type": case, "network": "visa", "network_reason_code": "10.4"}
        dispute["payment_method_details"] = {"type": "card", "card": card}
    return dispute


def _withdraw(world: World, dispute: Json, charge: Json) -> None:
    fee = CARD_FEE if charges.method_of(charge) == "card" else SEPA_FEE
    movement = balance_transactions.create(
        world, "adjustment", dispute["id"], -dispute["amount"], fee=fee,
        description=f"Chargeback withdrawal for {charge['id']}",
    )  # fmt: skip
    dispute["balance_transactions"].append(movement)


def close_dispute(world: World, identifier: str, *, won: bool) -> Json:
    """End a dispute: won gives the money back, an inquiry just ends; ApiError when it is over."""
    dispute = retrieve(world, identifier)
    before = dispute["status"]
    if before not in _OPEN:
        raise conflict("This dispute is already closed.")
    if before.startswith("warning"):
        dispute.update(status="warning_closed")
    else:
        dispute.update(status="won" if won else "lost", is_charge_refundable=won)
    world.store.put(dispute)
    events.record(world, "charge.dispute.closed", dispute, {"status": before})
    if dispute["status"] == "won":
        movement = balance_transactions.create(
            world, "adjustment", dispute["id"], dispute["amount"], fee=-CARD_FEE,
            description="Chargeback reversal",
        )  # fmt: skip
        dispute["balance_transactions"].append(movement)
        world.store.put(dispute)
        events.record(world, "charge.dispute.funds_reinstated", dispute)
    return dispute


def update(world: World, identifier: str, params: Json) -> Json:
    """Keep evidence and metadata; ``submit`` hands the dispute to the bank."""
    dispute = retrieve(world, identifier)
    if "intended_submission_method" in params:
        raise not_played("intended_submission_method")
    if "metadata" in params:
        dispute["metadata"] = merged_metadata(dispute["metadata"], params["metadata"])
    evidence = params.get("evidence", {})
    if evidence:
        if dispute["status"] not in _OPEN:
            raise conflict("This dispute is already closed.")
        dispute["evidence"].update(evidence)
        dispute["evidence_details"]["has_evidence"] = True
    if params.get("submit", bool(evidence)):
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
        dispute["evidence_details"].update(submission_count=1, submission_method="manual")
    world.store.put(dispute)
    events.record(world, "charge.dispute.updated", dispute)
    return dispute


def retrieve(world: World, identifier: str) -> Json:
    """Return a dispute; ApiError when there is none."""
    dispute = world.store.find(identifier, "dispute")
    if dispute is None:
        raise missing("dispute", identifier)
    return dispute
