"""A small town of studios in which everything has happened at least once, told through the services alone."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import Outside
from entitlements import (
    MemoryProvisioner,
    NoAnswer,
    Refused,
    activate_coupon,
    stock_of,
)
from entitlements.provisioning.provisioner import Answer
from entitlements.wallets import Consumed, consume
from foundation import clock
from foundation.database import transaction
from foundation.events import seal_events
from foundation.jobs import drain
from foundation.principal import Principal
from shop import MemoryGateway, Order, lock_order
from shop.orders.closing import cancel_order
from shop.orders.order_book import lines_of
from shop.payments.checkout import look_and_reconcile, start_checkout
from shop.payments.refund_plans import RefundWish
from tests.audit.town_connections import connect
from tests.audit.town_invitations import invite
from tests.audit.town_people import Town
from tests.audit.town_renewals import renew_by_themselves
from tests.audit.town_services import buy_with_an_agreement, serve
from tests.audit.town_transfers import give_back, pay_by_transfer
from tests.factories import a_studio, a_user
from tests.foundation.horizon import wait_until_readable
from tests.refunding import request_refund
from tests.stories import a_paid_order, an_order, company_data, owner_of, stock_the_shop

MORE_COMPANIES = (
    {"vat_number": "02780790107", "tax_code": "02780790107", "name": "Panificio Gallo S.r.l."},
    {"vat_number": "05979361218", "tax_code": "05979361218", "name": "Tessitura Valsesia S.r.l."},
)


def build_town(app: Flask, outside: Outside) -> None:
    """Let everything happen; at the end every job is done and every event sealed."""
    with app.app_context():
        with transaction() as session:
            town = _found(session)
        _buy(town)
        _activate(town, outside)
        _use(town)
        connect(town)
        serve()
        buy_with_an_agreement(town)
        renew_by_themselves(town, outside)
        _pay_on_the_hosted_page(town, outside)
        pay_by_transfer(town)
        give_back(town)
        _let_an_order_expire(town)
        invite(town)
        drain()
        wait_until_readable()
        with transaction() as session:
            while seal_events(session):
                session.flush()


def _found(session: Session) -> Town:
    stock_the_shop(session)
    torino = a_studio(session, name="Studio Torino", tax_code="10538570960", vat_number="10538570960")
    milano = a_studio(session, name="Studio Milano", tax_code="00743110157", vat_number="00743110157")
    people = [a_user(session, torino.id, email=f"finance{number}@example.it") for number in (1, 2)]
    first, second = (Principal(user.id, None, "finance", second_factor=True) for user in people)
    return Town(torino, milano, (first, second))


def _buy(town: Town) -> None:
    for studio in (town.torino, town.milano):
        for sku in ("LITE-10", "ORDINARY-1", "INVOICES-100", "CREDIT-50"):
            with transaction() as session:
                a_paid_order(session, studio, sku, 2)


def _activate(town: Town, outside: Outside) -> None:
    """One company is created, one is refused, one waits for an answer."""
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    answers: tuple[list[Answer], ...] = ([], [Refused("codice fiscale già presente")], [NoAnswer("timeout")] * 50)
    for changes, answer in zip(({}, *MORE_COMPANIES), answers, strict=True):
        provisioner.answers.extend(answer)
        with transaction() as session:
            coupon = next(c for c, _ in stock_of(session, town.torino.id, state="AVAILABLE"))
            activate_coupon(session, coupon.id, company_data(**changes), owner_of(town.torino))
        drain()
    # The silence was for the last of them alone, and lasts longer than the town is built.
    provisioner.answers.clear()
    with transaction() as session:
        later = {"later": clock.real_now() + timedelta(days=1)}
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = :later WHERE status = 'todo'"), later)


def _use(town: Town) -> None:
    with transaction() as session:
        company = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        for reference, quantity in (("1", 150), ("2", 30), ("1", 150)):
            assert isinstance(
                consume(session, company, [company, town.torino.id], "documents", quantity, reference), Consumed
            )
        consume(session, company, [company, town.torino.id], "credit_cents", 1234, "3")


def _pay_on_the_hosted_page(town: Town, outside: Outside) -> None:
    """Paid with an attempt; then ten unused coupons of the line go back."""
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", 2)
    page = start_checkout(order.id, gateway)
    gateway.pay(page.session_id)
    look_and_reconcile(gateway, "checkout_session", page.session_id)
    with transaction() as session:
        line = lines_of(session, order.id)[0]
    request_refund(order.id, RefundWish(unused_of_line=line.id), town.finance[0], gateway)
    with transaction() as session:
        an_order(session, town.milano, "LITE-1")


def _let_an_order_expire(town: Town) -> None:
    """Its row is brought forward instead of the clock, so that the windows above stay open."""
    with transaction() as session:
        late = an_order(session, town.torino, "LITE-1")
        cancelled = an_order(session, town.torino, "LITE-1")
        cancel_order(session, lock_order(session, cancelled.id), owner_of(town.torino))
        past = {"past": clock.now() - timedelta(hours=1), "order": late.id}
        session.execute(text("UPDATE orders SET expires_at = :past WHERE id = :order"), past)
        session.execute(
            text("UPDATE due_rows SET due_at = :past WHERE rule = 'orders.expire' AND subject_id = :order"), past
        )
    drain()
    with transaction() as session:
        assert session.get_one(Order, late.id).state == "EXPIRED"
