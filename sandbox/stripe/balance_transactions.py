"""Balance transactions: every cent that enters or leaves the account, with its fee."""

from sandbox.stripe.errors import missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter, note_filter
from sandbox.stripe.world import World

AVAILABLE_AFTER = 3 * 86400
SEPA_FEE, BANK_TRANSFER_FEE_CAP, CARD_FIXED_FEE = 35, 500, 25
CARD_FEE_BASIS_POINTS, BANK_TRANSFER_FEE_BASIS_POINTS = 150, 50

LISTING = Listing(
    url="/v1/balance_transactions",
    kind="balance_transaction",
    label="balance_transaction",
    filters={
        "currency": body_filter("currency"),
        "payout": note_filter("payout"),
        "source": body_filter("source"),
        "type": body_filter("type"),
    },
)


def charge_fee(method: str, amount: int) -> int:
    """Return the fee in cents, half up: plausible numbers, not Stripe's price list."""
    if method == "card":
        return _share(amount, CARD_FEE_BASIS_POINTS) + CARD_FIXED_FEE
    if method == "sepa_debit":
        return SEPA_FEE
    return min(_share(amount, BANK_TRANSFER_FEE_BASIS_POINTS), BANK_TRANSFER_FEE_CAP)


def _share(amount: int, basis_points: int) -> int:
    return (amount * basis_points + 5_000) // 10_000


def create(world: World, kind: str, source: str, amount: int, *, fee: int = 0, description: str | None) -> Json:
    """Write one movement; the net is the amount without its fee."""
    now = world.clock.now()
    details = {
        "amount": fee,
        "application": None,
        "currency": "eur",
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    movement: Json = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + AVAILABLE_AFTER,
        "balance_type": "payments",
        "created": now,
        "currency": "eur",
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [details] if fee else [],
        "net": amount - fee,
        "reporting_category": _category(kind, amount),
        "source": source,
        "status": "pending",
        "type": kind,
    }
    world.store.put(movement, {"payout": None})
    return movement


def _category(kind: str, amount: int) -> str:
    if kind == "adjustment":
        return "dispute" if amount < 0 else "dispute_reversal"
    return {
        "payment": "charge",
        "payment_refund": "refund",
        "refund_failure": "refund_failure",
        "payout_failure": "payout_reversal",
    }.get(kind, kind)


def unpaid(world: World) -> list[Json]:
    """Return the movements that no payout has taken along yet, oldest first."""
    rows = world.store.rows(
        "SELECT id FROM objects WHERE kind = 'balance_transaction'"
        " AND json_extract(note, '$.payout') IS NULL ORDER BY seq"
    )
    return [world.store.get(row["id"]) for row in rows]


def retrieve(world: World, identifier: str) -> Json:
    """Return a balance transaction; ApiError when there is none."""
    movement = world.store.find(identifier, "balance_transaction")
    if movement is None:
        raise missing("balance_transaction", identifier)
    return movement
