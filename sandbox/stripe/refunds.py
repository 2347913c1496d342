"""Refunds: never more than what is left, and none while the charge is disputed."""

from sandbox.stripe import balance_transactions, charges, events
from sandbox.stripe.errors import ApiError, conflict, invalid, missing, not_played
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.parameters import check_metadata, merged_metadata
from sandbox.stripe.settlement import book
from sandbox.stripe.world import World

_PLAYED = {"amount", "charge", "expand", "metadata", "payment_intent", "reason"}

LISTING = Listing(
    url="/v1/refunds",
    kind="refund",
    label="refund",
    filters={name: body_filter(name) for name in ("charge", "payment_intent")},
)


def create(world: World, params: Json) -> Json:
    """Refund a charge in whole or in part; ApiError says why Stripe would not."""
    for name in params:
        if name not in _PLAYED:
            raise not_played(name)
    metadata = check_metadata(params.get("metadata") or {})
    charge = _charge(world, params)
    left = remaining(world, charge)
    amount = params.get("amount", left)
    if amount < 1 and left > 0:
        raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    _check(world, charge, amount, left)
    book(world, charge)
    return _record(world, charge, amount, params.get("reason"), metadata)


def _charge(world: World, params: Json) -> Json:
    if "charge" in params:
        charge = charges.retrieve(world, params["charge"], "charge", status=400)
        if params.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            raise invalid("The charge is not of that payment_intent.", "payment_intent")
        return charge
    if "payment_intent" not in params:
        raise ApiError("One of the following params should be provided for this request: payment_intent or charge.")
    intent = world.store.find(params["payment_intent"], "payment_intent")
    if intent is None:
        raise missing("payment_intent", params["payment_intent"], "payment_intent", status=400)
    if intent["status"] != "succeeded":
        raise conflict(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return world.store.get(intent["latest_charge"])


def remaining(world: World, charge: Json) -> int:
    """Return what can still be refunded, in cents; a failed refund gives its amount back."""
    given = world.store.select("refund", {"charge": charge["id"]})
    used: int = sum(refund["amount"] for refund in given if refund["status"] != "failed")
    return int(charge["amount"]) - used


def _check(world: World, charge: Json, amount: int, left: int) -> None:
    if charge["status"] != "succeeded":
        raise conflict(f"Charge {charge['id']} has no money to refund.", "charge_not_refundable")
    disputes = world.store.select("dispute", {"charge": charge["id"]})
    if any(not dispute["is_charge_refundable"] for dispute in disputes):
        raise conflict(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            "charge_disputed",
        )
    if left == 0:
        raise conflict(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if amount > left:
        raise conflict(
            f"Refund amount ({amount} cents) is greater than unrefunded amount on charge ({left} cents)",
            param="amount",
        )


def _record(world: World, charge: Json, amount: int, reason: str | None, metadata: Json) -> Json:
    method = charges.method_of(charge)
    identifier = new_id("re")
    movement = balance_transactions.create(
        world, "refund" if method == "card" else "payment_refund", identifier, -amount,
        description="REFUND FOR CHARGE",
    )  # fmt: skip
    refund: Json = {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": movement["id"],
        "charge": charge["id"],
        "created": world.clock.now(),
        "currency": "eur",
        "customer": None,
        "customer_account": None,
        "destination_details": _destination(method),
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": None,
        "presentment_details": None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded" if method == "card" else "pending",
        "transfer_reversal": None,
    }
    world.store.put(refund)
    events.record(world, "refund.created", refund)
    _total(world, charge, "charge.refunded")
    return refund


def _destination(method: str) -> Json:
    if method != "card":
        kind = "sepa_debit" if method == "sepa_debit" else "eu_bank_transfer"
        return {"type": kind, kind: {}}
    card = {
        "reference": None,
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    }
    return {"type": "card", "card": card}


def _total(world: World, charge: Json, kind: str) -> None:
    """Write the cumulative figure on the charge and tell it under the given event."""
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    refunded = charge["amount"] - remaining(world, charge)
    charge.update(amount_refunded=refunded, refunded=refunded == charge["amount"])
    previous = {name: value for name, value in before.items() if charge[name] != value}
    world.store.put(charge)
    events.record(world, kind, charge, previous)


def update(world: World, identifier: str, params: Json) -> Json:
    """Change the metadata of a refund."""
    refund = retrieve(world, identifier)
    if "metadata" in params:
        previous = {"metadata": refund["metadata"]}
        refund["metadata"] = merged_metadata(refund["metadata"], params["metadata"])
        world.store.put(refund)
        events.record(world, "refund.updated", refund, previous)
    return refund


def succeed(world: World, identifier: str) -> Json:
    """Let the bank confirm a pending refund."""
    refund = retrieve(world, identifier)
    if refund["status"] != "pending":
        raise conflict("Only a pending refund can be confirmed.")
    refund["status"] = "succeeded"
    world.store.put(refund)
    events.record(world, "refund.updated", refund, {"status": "pending"})
    return refund


def fail(world: World, identifier: str) -> Json:
    """Let the bank send a refund back: the money is in the account again."""
    refund = retrieve(world, identifier)
    if refund["status"] not in ("pending", "succeeded"):
        raise conflict("This refund has already failed.")
    movement = balance_transactions.create(
        world, "refund_failure", refund["id"], refund["amount"], description="REFUND FAILURE"
    )
    refund.update(
        status="failed", failure_reason="expired_or_canceled_card", failure_balance_transaction=movement["id"]
    )
    world.store.put(refund)
    events.record(world, "refund.failed", refund)
    _total(world, charges.retrieve(world, refund["charge"]), "charge.updated")
    return refund


def retrieve(world: World, identifier: str) -> Json:
    """Return a refund; ApiError when there is none."""
    refund = world.store.find(identifier, "refund")
    if refund is None:
        raise missing("refund", identifier)
    return refund
