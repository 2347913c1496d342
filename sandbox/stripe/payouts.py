"""Payouts: the balance travels to the bank, with the list of what it is made of."""

from sandbox.stripe import balance_transactions, events
from sandbox.stripe.errors import conflict, missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.world import World

ARRIVES_AFTER = 2 * 86400

LISTING = Listing(
    url="/v1/payouts",
    kind="payout",
    label="payout",
    filters={name: body_filter(name) for name in ("destination", "status")},
)


def make(world: World) -> Json:
    """Pay out everything that is not paid out yet; ApiError when nothing would be left over.

    The three events of a payout follow each other at once, so that a test need not wait days.
    """
    settle_due(world, everything=True)
    movements = balance_transactions.unpaid(world)
    amount = sum(movement["net"] for movement in movements)
    if amount < 1:
        raise conflict("There is no balance to pay out.", "balance_insufficient")
    payout = _fresh(world, amount)
    own = balance_transactions.create(world, "payout", payout["id"], -amount, description="STRIPE PAYOUT")
    payout["balance_transaction"] = own["id"]
    for movement in [*movements, own]:
        movement["status"] = "available"
        world.store.put(movement, {"payout": payout["id"]})
    world.store.put(payout)
    events.record(world, "payout.created", payout)
    payout["status"] = "paid"
    world.store.put(payout)
    events.record(world, "payout.paid", payout)
    payout["reconciliation_status"] = "completed"
    world.store.put(payout)
    events.record(world, "payout.reconciliation_completed", payout)
    return payout


def _fresh(world: World, amount: int) -> Json:
    now = world.clock.now()
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now + ARRIVES_AFTER,
        "automatic": True,
        "balance_transaction": None,
        "created": now,
        "currency": "eur",
        "description": "STRIPE PAYOUT",
        "destination": "ba_1SimulatedAccount",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def fail(world: World, identifier: str) -> Json:
    """Let the bank send a payout back: its amount is in the balance again."""
    payout = retrieve(world, identifier)
    if payout["status"] == "failed":
        raise conflict("This payout has already failed.")
    movement = balance_transactions.create(
        world, "payout_failure", payout["id"], payout["amount"], description="PAYOUT FAILURE"
    )
    payout.update(
        status="failed",
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
        failure_balance_transaction=movement["id"],
    )
    world.store.put(payout)
    events.record(world, "payout.failed", payout)
    return payout


def retrieve(world: World, identifier: str) -> Json:
    """Return a payout; ApiError when there is none."""
    payout = world.store.find(identifier, "payout")
    if payout is None:
        raise missing("payout", identifier)
    return payout
