"""Store credit: euro a buyer has with the shop; spent at checkout, never below zero, equal to its ledger account."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.database import Model
from foundation.events import record_event
from foundation.ids import new_id
from shop.orders.order_book import CARD, Order
from shop.orders.placing import order_subject
from shop.payments.money_in import Payment, PaymentAllocation, paid_cents
from shop.payments.record import settle
from shop.transfers.disposals import CREDITED, dispose
from shop.transfers.matching import allocate, suspense

SOURCE = "store_credit"


class StoreCredit(Model):
    """A party's balance in cents; changed in the same transaction as its ledger entry."""

    __tablename__ = "store_credits"
    __table_args__ = (CheckConstraint("balance_cents >= 0", name="balance_not_negative"),)

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    balance_cents: Mapped[int]


def store_credit_of(session: Session, party_id: UUID) -> int:
    """What a party may spend, in cents."""
    return session.scalar(select(StoreCredit.balance_cents).where(StoreCredit.party_id == party_id)) or 0


def credit_account(party_id: UUID) -> Account:
    """The ledger account of a party's store credit."""
    return Account(SOURCE, owner=party_id)


def add_store_credit(session: Session, party_id: UUID, cause: Cause, source: Account, amount_cents: int) -> None:
    """Put money from `source` into a party's store credit."""
    row = insert(StoreCredit).values(party_id=party_id, balance_cents=amount_cents)
    total = StoreCredit.balance_cents + amount_cents
    session.execute(row.on_conflict_do_update(index_elements=["party_id"], set_={"balance_cents": total}))
    book(session, cause, [Posting(source, credit_account(party_id), amount_cents)])


def lock_store_credit(session: Session, party_id: UUID) -> int:
    """What a party may spend (cents), and nobody spends it before this transaction has ended."""
    held = session.scalar(select(StoreCredit.balance_cents).where(StoreCredit.party_id == party_id).with_for_update())
    return held or 0


def take_store_credit(session: Session, party_id: UUID, most_cents: int) -> int:
    """Lower a party's balance by at most so much; answers by how much. The caller books where it went."""
    amount = max(0, min(most_cents, lock_store_credit(session, party_id)))
    if amount:
        session.execute(
            update(StoreCredit)
            .where(StoreCredit.party_id == party_id)
            .values(balance_cents=StoreCredit.balance_cents - amount)
        )
    return amount


def spend_store_credit(session: Session, order: Order) -> int:
    """Pay an order from its buyer's store credit as far as it reaches; answers the cents spent.

    The order's row must be locked. Certain money: an order paid in full this way is fulfilled at once.
    """
    owed = order.gross_cents - paid_cents(session, order.id)
    if order.state != "AWAITING_PAYMENT" or owed <= 0:
        settle_free_order(session, order)
        return 0
    amount = take_store_credit(session, order.buyer_party_id, owed)
    if amount == 0:
        return 0
    payment = _payment(session, order, amount)
    allocate(session, order, payment, amount, SOURCE)
    record_event(session, "order.credit_spent", order_subject(order), cents=amount)
    if amount == owed:
        settle(session, order, CARD)
    return amount


def settle_free_order(session: Session, order: Order) -> int:
    """An order whose discount left nothing to pay is paid by it and fulfilled at once. Answers 0, the cents spent."""
    if order.state == "AWAITING_PAYMENT" and order.gross_cents == 0:
        settle(session, order, CARD)
    return 0


def _payment(session: Session, order: Order, amount_cents: int) -> Payment:
    now, payment_id = clock.now(), new_id()
    payment = Payment(
        id=payment_id,
        source=SOURCE,
        external_id=str(payment_id),
        method=SOURCE,
        amount_cents=amount_cents,
        currency="EUR",
        livemode=True,
        received_at=now,
        recorded_at=now,
    )
    session.add(payment)
    session.flush()
    book(
        session,
        Cause("payment", payment.id),
        [Posting(credit_account(order.buyer_party_id), suspense(payment), amount_cents)],
    )
    return payment


def give_back_store_credit(session: Session, order: Order) -> int:
    """An order that will not be paid gives its buyer's store credit back; answers the cents. Its row must be locked."""
    query = (
        select(Payment, func.sum(PaymentAllocation.amount_cents))
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.order_id == order.id, Payment.source == SOURCE)
        .group_by(Payment.id)
        .order_by(Payment.id)
    )
    given = 0
    for payment, allocated in session.execute(query).all():
        amount = int(allocated)
        if amount > 0:
            allocate(session, order, payment, -amount, "order_closed")
            disposal = dispose(session, payment, CREDITED, amount, party_id=order.buyer_party_id)
            cause = Cause("disposal", disposal.id)
            add_store_credit(session, order.buyer_party_id, cause, suspense(payment), amount)
            given += amount
    if given:
        record_event(session, "order.credit_given_back", order_subject(order), cents=given)
    return given
