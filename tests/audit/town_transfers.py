"""The town's bank: transfers in every state of their money, and what is given back."""

from uuid import UUID

from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from shop import lock_order
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import lines_of
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import BY_BANK, TO_CREDIT, RefundShown, RefundWish
from shop.transfers import (
    ReturnFact,
    TransferFact,
    approve,
    ask_confirmation,
    give_store_credit,
    lock_decision,
    lock_line,
    record_return,
    record_transfer,
    send_back,
    spend_store_credit,
)
from tests.audit.town_people import Town
from tests.stories import an_order

ACCOUNT = "IT60X0542811101000000123456"


def pay_by_transfer(town: Town) -> None:
    """In its window, too much, sent back, returned by the bank, confirmed by hand in four eyes, from store credit."""
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", method="bank_transfer")
        _transfer(session, "T1", order.gross_cents, order.number)
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-1", method="bank_transfer")
        line_id = _transfer(session, "T2", order.gross_cents + 50_000, order.number)
        line, payment = lock_line(session, line_id)
        give_store_credit(session, line, payment, town.milano.id, town.finance[0])
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-1", method="bank_transfer")
        spend_store_credit(session, lock_order(session, order.id))
    with transaction() as session:
        line, payment = lock_line(session, _transfer(session, "T3", 4_200, "senza causale"))
        send_back(session, line, payment, town.finance[0])
    with transaction() as session:
        order = an_order(session, town.milano, "ORDINARY-1", method="bank_transfer")
        _transfer(session, "T4", order.gross_cents, order.number)
    with transaction() as session:
        record_return(session, ReturnFact("bank", ACCOUNT, "R4", "T4", clock.today(), order.gross_cents))
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", 10, method="bank_transfer")
        decision = ask_confirmation(session, order, clock.today(), order.gross_cents, town.finance[0])
        assert decision.four_eyes
        approve(session, lock_decision(session, decision.id), town.finance[1])


def _transfer(session: Session, reference: str, amount_cents: int, remittance: str) -> UUID:
    fact = TransferFact("bank", ACCOUNT, clock.today(), amount_cents, remittance, bank_reference=reference)
    line = record_transfer(session, fact)
    assert line is not None
    return line.id


def give_back(town: Town) -> None:
    """Orders paid by transfer and fulfilled: unused coupons go back by transfer, what is left of a pack as credit."""
    for number, (sku, way) in enumerate((("LITE-10", BY_BANK), ("INVOICES-100", TO_CREDIT)), start=1):
        with transaction() as session:
            order = an_order(session, town.milano, sku, method="bank_transfer")
            _transfer(session, f"B{number}", order.gross_cents, order.number)
        with transaction() as session:
            fulfil(session, lock_order(session, order.id))
            line = lines_of(session, order.id)[0]
            wish = RefundWish(unused_of_line=line.id, way=way)
            shown = RefundShown(order.gross_cents, order.gross_cents)
            ask_refund(session, lock_order(session, order.id), wish, shown, town.finance[0])
