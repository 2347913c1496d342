"""Refund plans (D10): what may be given back of an order, and what giving it back does, known before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import BucketLeft, CouponShares, buckets_left, coupon_shares, coupons_by_state, purchase_states
from pricing import Money, refund_share
from shop.orders.order_book import Order, OrderLine, lines_of
from shop.payments.money_in import Payment, PaymentAllocation
from shop.payments.reversals import disputed, lost_cents, refunded_otherwise
from shop.payments.stripe_facts import RefundRequest, StripeCharge, StripeRefund
from shop.transfers.disposals import Disposal

BY_CARD, BY_BANK, TO_CREDIT = "card", "bank", "store_credit"
WAYS = (BY_CARD, BY_BANK, TO_CREDIT)
ASKED, DONE, REFUSED = "ASKED", "DONE", "REFUSED"
IN_USE = ("ACTIVATING", "ASSIGNED", "ACTIVE")


class NotFulfilled(Exception):
    """The order has brought nothing yet: its money goes back from its own transfer, or a second way would open here."""


class RefundBlocked(Exception):
    """A dispute about the order is open: the bank decides first."""


class NothingToRefund(Exception):
    """Nothing of this order's money is left this way, or nothing of the line is unused."""


class RefundExceedsWhatIsLeft(Exception):
    """More was asked than is left; `left_cents` says how much is."""

    def __init__(self, asked_cents: int, left_cents: int) -> None:
        super().__init__(f"{asked_cents} > {left_cents}")
        self.asked_cents = asked_cents
        self.left_cents = left_cents


class RefundChanged(Exception):
    """What was shown is not so any more: rights were used, or money went back, meanwhile."""


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What finance wants given back: an amount in cents, the unused rights of one line, or everything that is left.

    `everything` is the decision that rights in use go back too: their licences are suspended, never deleted (D10).
    """

    amount_cents: int | None = None
    unused_of_line: UUID | None = None
    everything: bool = False
    way: str = BY_CARD


@dataclass(frozen=True, slots=True)
class RefundShown:
    """What finance saw before the click, in cents: how much goes back, and how much of the order was left by then.

    What was left stands for the press of the button: pressed a second time, or in another tab, it finds less (A1).
    """

    cents: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line's rights: how many coupons (or units of its `meter`) are unused and in use, what the unused were sold for.

    Unused are those nobody used and no case holds; what expired unused is neither, and is not given back. `purchase` is
    where the company stands that the line paid for, "" for other lines.
    """

    line: OrderLine
    unused: int
    in_use: int
    unused_cents: int
    meter: str = ""
    purchase: str = ""

    @property
    def is_service(self) -> bool:
        """Whether the line bought time of a service."""
        return str(self.line.gives["kind"]) == "licence"

    @property
    def starts_service(self) -> bool:
        """Whether the line started its service: then that can be suspended; one made longer goes on to its end."""
        return self.is_service and (self.line.term or {}).get("action") == "START"


@dataclass(frozen=True, slots=True)
class Refundable:
    """What may still be given back of an order, in all and at once by each way, and what forbids it.

    A dispute does, and an order that has brought nothing yet.
    """

    left_cents: int
    by_way: dict[str, int]
    blocked: bool
    lines: tuple[LineLeft, ...]
    fulfilled: bool = True

    def fits(self, one: LineLeft) -> bool:
        """Whether what is unused of a line can go back at once: of two ways to pay each may have too little left."""
        return one.unused_cents <= max(self.by_way.values())

    def line(self, line_id: UUID) -> LineLeft | None:
        """One line."""
        return next((one for one in self.lines if one.line.id == line_id), None)


def refundable(session: Session, order: Order) -> Refundable:
    """What may still be given back of an order. What was not paid by card goes back by transfer or as store credit."""
    charges, paid = charges_of(session, order.id), _paid_by_source(session, order.id)
    # A charge whose letter has not come yet is whole; it is asked for before anything is given back.
    unknown = max(0, paid.get("stripe", 0) - sum(charge.amount_cents for charge in charges))
    left = [*(left_of(session, charge) for charge in charges), unknown]
    otherwise = max(0, paid_otherwise(session, order.id) - refunded_otherwise(session, order.id))
    by_way = {BY_CARD: max(left), BY_BANK: otherwise, TO_CREDIT: otherwise}
    lines = _lines_left(session, lines_of(session, order.id))
    return Refundable(sum(left) + otherwise, by_way, disputed(session, order.id), lines, order.state == "FULFILLED")


def amount_of(known: Refundable, wish: RefundWish) -> int:
    """How many cents a wish gives back.

    Raises NotFulfilled, RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft.
    """
    if known.blocked:
        raise RefundBlocked
    left = known.by_way.get(wish.way, 0)
    amount = wish.amount_cents or 0
    if wish.everything:
        amount = left
    elif wish.unused_of_line is not None:
        line = known.line(wish.unused_of_line)
        amount = line.unused_cents if line else 0
    if left <= 0 or amount <= 0:
        raise NothingToRefund
    if not known.fulfilled:
        raise NotFulfilled
    if amount > left:
        raise RefundExceedsWhatIsLeft(amount, left)
    return amount


def charges_of(session: Session, order_id: UUID) -> list[StripeCharge]:
    """The charges that brought an order money."""
    query = select(StripeCharge).where(StripeCharge.order_id == order_id, StripeCharge.status == "succeeded")
    return list(session.scalars(query.order_by(StripeCharge.id)))


def left_of(session: Session, charge: StripeCharge) -> int:
    """Cents of a charge that may still go back to its card: not gone or asked to go, not store credit (D11)."""
    left = charge.amount_cents - gone_of(session, charge) - lost_cents(session, charge.id)
    query = (
        select(Payment.amount_cents - func.sum(Disposal.amount_cents))
        .join(Disposal, Disposal.payment_id == Payment.id)
        .where(Payment.source == "stripe", Payment.external_id == charge.payment_intent_id)
        .group_by(Payment.id)
    )
    undisposed = session.scalar(query)
    return left if undisposed is None else min(left, int(undisposed))


def gone_of(session: Session, charge: StripeCharge) -> int:
    """Cents of a charge that are given back or asked to be."""
    told = select(StripeRefund.id).where(StripeRefund.charge_id == charge.id)
    query = select(RefundRequest).where(RefundRequest.charge_id == charge.id, RefundRequest.state != REFUSED)
    pending = [one for one in session.scalars(query) if one.refund_id not in set(session.scalars(told))]
    return charge.refunded_cents + sum(one.amount_cents for one in pending)


def paid_otherwise(session: Session, order_id: UUID) -> int:
    """What an order was paid by transfer or from store credit, and still has allocated (cents)."""
    return sum(cents for source, cents in _paid_by_source(session, order_id).items() if source != "stripe")


def _paid_by_source(session: Session, order_id: UUID) -> dict[str, int]:
    """What an order was paid, by where the money came from; a surplus is allocated to no order."""
    query = (
        select(Payment.source, func.sum(PaymentAllocation.amount_cents))
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(PaymentAllocation.order_id == order_id, Payment.source != "discount")
        .group_by(Payment.source)
    )
    return {source: int(cents) for source, cents in session.execute(query)}


def _lines_left(session: Session, lines: Sequence[OrderLine]) -> tuple[LineLeft, ...]:
    ids = [line.id for line in lines]
    states, shares = coupons_by_state(session, "order_line", ids), coupon_shares(session, "order_line", ids)
    wallets, purchases = buckets_left(session, "order_line", ids), purchase_states(session, "order_line", ids)

    def read(line: OrderLine) -> LineLeft:
        if line.id in wallets:
            return _of_a_wallet(line, wallets[line.id])
        if line.id in purchases:
            state = purchases[line.id]
            return LineLeft(line, 0, int(state in {"CREATING", "DONE"}), 0, purchase=state)
        return _of_coupons(line, states[line.id], shares.get(line.id, CouponShares()))

    return tuple(read(line) for line in lines)


def _of_a_wallet(line: OrderLine, wallet: BucketLeft) -> LineLeft:
    net = wallet.share_of(line.net_cents)
    worth = _with_vat(line, wallet.used_share_of(line.net_cents), net)
    return LineLeft(line, wallet.left, wallet.used, worth, wallet.meter)


def _of_coupons(line: OrderLine, states: dict[str, int], shares: CouponShares) -> LineLeft:
    in_use = sum(states.get(state, 0) for state in IN_USE)
    return LineLeft(line, shares.unused, in_use, _with_vat(line, shares.gone_net_cents, shares.unused_net_cents))


def _with_vat(line: OrderLine, gone_net_cents: int, net_cents: int) -> int:
    """A part of a line's net with its VAT, after another part went: the rate of the line, to the cent."""
    return net_cents + refund_share(Money(line.vat_cents), line.net_cents, gone_net_cents, net_cents).cents
