"""Store credit made from a card payment shrinks when Stripe later gives that payment back (D10, D11)."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, balance, book
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.money_in import Payment, PaymentAllocation
from shop.payments.refund_plans import gone_of
from shop.payments.stripe_facts import StripeCharge, StripeDispute
from shop.transfers.disposals import CREDITED, REVERSED, Disposal, dispose
from shop.transfers.matching import CLAIM, suspense
from shop.transfers.store_credit import add_store_credit, credit_account, take_store_credit

TOOK_THE_MONEY = frozenset({"needs_response", "under_review", "lost"})
"""While a dispute stands so the bank has the money; one that only asks (`warning_…`) or is won has not."""


def let_credit_follow(session: Session, order: Order) -> int:
    """Take back the credit whose money went back at Stripe, or give it again; answers the cents the credit changed by.

    A function of the stored facts: repeating it changes nothing. What is spent already becomes a claim, with a task for
    finance; what comes back (a refund that failed, a dispute that was won) settles the claim first. The order's row
    must be locked.
    """
    changed = 0
    for payment, whole in _credited(session, order.id):
        left, before = whole, _owed(session, payment)
        for kind, gone in gone_by_kind(session, payment):
            wanted = min(left, gone)
            left -= wanted
            against = Account(kind, owner=payment.id)
            more = wanted - balance(session, against)
            if more > 0:
                changed -= _take(session, order, payment, against, more)
            elif more < 0:
                changed += _give_again(session, order, payment, against, -more)
        _ask_finance(session, order, payment, before)
    if changed:
        name = "order.credit_given_back" if changed > 0 else "order.credit_taken_back"
        record_event(session, name, order_subject(order), cents=abs(changed))
    return changed


def _credited(session: Session, order_id: UUID) -> list[tuple[Payment, int]]:
    """The card payments of an order that became store credit, each with how much of it did at first (cents)."""
    query = (
        select(Payment, func.sum(Disposal.amount_cents))
        .join(Disposal, Disposal.payment_id == Payment.id)
        .where(
            Payment.source == "stripe",
            Payment.id.in_(select(PaymentAllocation.payment_id).where(PaymentAllocation.order_id == order_id)),
        )
        .group_by(Payment.id)
        .order_by(Payment.id)
    )
    return [(payment, int(cents)) for payment, cents in session.execute(query)]


def became_credit(session: Session, order: Order, charge_id: str | None) -> bool:
    """Whether what a charge brought for an order became its buyer's store credit."""
    of_charge = select(StripeCharge.payment_intent_id).where(StripeCharge.id == charge_id)
    intents = set(session.scalars(of_charge))
    return any(payment.external_id in intents for payment, _cents in _credited(session, order.id))


def gone_by_kind(session: Session, payment: Payment) -> Iterator[tuple[str, int]]:
    """How much of a card payment is gone (cents), by kind of account: given back or asked to be, taken by a bank."""
    of_payment = StripeCharge.payment_intent_id == payment.external_id
    charges = session.scalars(select(StripeCharge).where(of_payment, StripeCharge.status == "succeeded")).all()
    yield "refunds", sum(gone_of(session, charge) for charge in charges)
    query = select(func.coalesce(func.sum(StripeDispute.amount_cents), 0)).where(
        StripeDispute.charge_id.in_([charge.id for charge in charges]), StripeDispute.status.in_(TOOK_THE_MONEY)
    )
    yield "disputes", int(session.execute(query).scalar_one())


def _take(session: Session, order: Order, payment: Payment, against: Account, cents: int) -> int:
    """So much of the credit is no more; answers how much of it was not spent yet."""
    held = take_store_credit(session, order.buyer_party_id, cents)
    for account, amount in ((credit_account(order.buyer_party_id), held), (_claims(payment), cents - held)):
        if amount:
            _move(session, payment, -amount, Posting(account, suspense(payment), amount), order.buyer_party_id)
    _move(session, payment, cents, Posting(suspense(payment), against, cents))
    return held


def _give_again(session: Session, order: Order, payment: Payment, against: Account, cents: int) -> int:
    """So much of the money is there again; answers how much of it can be spent, what was spent before set off."""
    _move(session, payment, -cents, Posting(against, suspense(payment), cents))
    settled = min(cents, _owed(session, payment))
    if settled:
        posting = Posting(suspense(payment), _claims(payment), settled)
        _move(session, payment, settled, posting, order.buyer_party_id)
    rest = cents - settled
    if rest:
        disposal = dispose(session, payment, CREDITED, rest, party_id=order.buyer_party_id)
        cause = Cause("disposal", disposal.id)
        add_store_credit(session, order.buyer_party_id, cause, suspense(payment), rest)
    return rest


def _move(session: Session, payment: Payment, cents: int, posting: Posting, party_id: UUID | None = None) -> None:
    """Say what became of so much of a payment, credit of a party or taken by the bank, and book it."""
    kind = REVERSED if party_id is None else CREDITED
    disposal = dispose(session, payment, kind, cents, party_id=party_id)
    book(session, Cause("disposal", disposal.id), [posting])


def _claims(payment: Payment) -> Account:
    return Account("claims", unit=payment.currency, owner=payment.id)


def _owed(session: Session, payment: Payment) -> int:
    """What the payer owes of a payment whose credit was spent before its money went back (cents)."""
    return -balance(session, _claims(payment))


def _ask_finance(session: Session, order: Order, payment: Payment, owed_before: int) -> None:
    """Somebody owes more, or less, than before: the task says how much."""
    owed = _owed(session, payment)
    if owed == owed_before:
        return
    close_tasks(session, CLAIM, payment.id, "changed")
    if owed > 0:
        subject = Subject("payment", payment.id, order.buyer_party_id)
        facts = {"claim_cents": owed, "amount_cents": payment.amount_cents, "payment_id": str(payment.id)}
        open_task(session, Concern(CLAIM, subject, facts, order.id))
