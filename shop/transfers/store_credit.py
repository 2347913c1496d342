"""Store credit: euro a buyer has with the shop; spent at checkout, never below zero, equal to its ledger account."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.database import Model
from foundation.ids import new_id
from shop.orders.order_book import CARD, Order
from shop.payments.money_in import Payment, paid_cents
from shop.payments.record import settle
from shop.transfers.matching import allocate

_NOTHING = timedelta()


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
    return Account("store_credit", owner=party_id)


def add_store_credit(session: Session, party_id: UUID, cause: Cause, source: Account, amount_cents: int) -> None:
    """Put money from `source` into a party's store credit."""
    row = insert(StoreCredit).values(party_id=party_id, balance_cents=amount_cents)
    total = StoreCredit.balance_cents + amount_cents
    session.execute(row.on_conflict_do_update(index_elements=["party_id"], set_={"balance_cents": total}))
    book(session, cause, [Posting(source, credit_account(party_id), amount_cents)])


def spend_store_credit(session: Session, order: Order) -> int:
    """Pay an order from its buyer's store credit as far as it reaches; answers the cents spent.

    The order's row must be locked. Certain money: an order paid in full this way is fulfilled at once.
    """
    owed = order.gross_cents - paid_cents(session, order.id)
    held = session.scalar(
        select(StoreCredit.balance_cents).where(StoreCredit.party_id == order.buyer_party_id).with_for_update()
    )
    amount = min(owed, held or 0)
    if amount <= 0 or order.state != "AWAITING_PAYMENT":
        return 0
    session.execute(
        update(StoreCredit)
        .where(StoreCredit.party_id == order.buyer_party_id)
        .values(balance_cents=StoreCredit.balance_cents - amount)
    )
    payment = _payment(session, order, amount)
    allocate(session, order, payment, amount, "store_credit")
    if amount == owed:
        settle(session, order, CARD)
    return amount


def _payment(session: Session, order: Order, amount_cents: int) -> Payment:
    now = clock.now()
    payment = Payment(
        id=new_id(),
        source="store_credit",
        external_id=str(order.id),
        method="store_credit",
        amount_cents=amount_cents,
        currency="EUR",
        livemode=True,
        received_at=now,
        recorded_at=now,
    )
    session.add(payment)
    session.flush()
    posting = Posting(credit_account(order.buyer_party_id), Account("suspense", owner=payment.id), amount_cents)
    book(session, Cause("payment", payment.id), [posting])
    return payment
