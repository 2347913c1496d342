"""Scenes beside the purchase, each with an edge that calls outside: a refund, support giving up, a page to be closed.

`python -m tests.crash.scenes NAME ID` performs one edge in the environment of a world; it is what a crash ends.
"""

import os
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app import Outside, create_app
from entitlements import (
    FOLLOW_SEATS,
    RENEW_BEFORE,
    Company,
    HttpProvisioner,
    Party,
    activate_coupon,
    invitations,
    stock_of,
)
from entitlements.connections.handovers import PayerHandover, accept_handover, open_handover, propose_handover
from entitlements.connections.moves import MoveWish, StudioMove, agree_to_move, propose_move
from entitlements.provisioning.attempts import attempt
from entitlements.provisioning.changes import announce_change
from entitlements.provisioning.give_up import give_up
from foundation import clock
from foundation.database import database, transaction
from foundation.ids import new_id
from foundation.jobs import RetryLater, defer, drain
from foundation.mail import MemoryMailer
from foundation.principal import Principal
from shop import MoneyFact, Order, StripeGateway, TransferFact, lock_order, record_payment, record_transfer
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.invitations.ordering import order_by_invitation
from shop.orders.order_book import lines_of
from shop.orders.requoting import ask_for_new_quote
from shop.payments.attempts import attempts_of
from shop.payments.checkout import look_and_reconcile, settle_attempt, start_checkout
from shop.payments.late_payments import late_payments
from shop.payments.late_refunds import LateRefundWish, store_late_request
from shop.payments.method import change_payment_method
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import RefundShown, RefundWish
from shop.payments.refund_requests import learn_charges, send_request
from shop.renewals.automatic_orders import renew_by_itself
from shop.renewals.card_setup import open_card_page
from shop.renewals.charging import charge_renewal
from shop.renewals.mandate_text import VERSION
from shop.renewals.renewal_quotes import renewal_quote
from shop.renewals.standing import Shown, switch_on
from tests.banking import ACCOUNT
from tests.crash.client import press
from tests.crash.world import World
from tests.factories import a_studio
from tests.invited import BY_CARD, a_written_invitation
from tests.races.numbers import company_fields
from tests.refunding import request_refund
from tests.running import BASE, bought
from tests.stories import DEMO_CATALOGUE, an_order, company_data, owner_of


def scene_app(environment: dict[str, str]) -> Flask:
    """The application of this process, speaking to the world's stand-ins; its mails stay with it."""
    gateway = StripeGateway("sk_test_sandbox", environment["STRIPE_API_BASE"])
    provisioner = HttpProvisioner(environment["PROVISIONING_URL"], environment["PROVISIONING_SECRET"])
    return create_app(environment, Outside(gateway, provisioner, MemoryMailer()))


def gateway_of(app: Flask) -> StripeGateway:
    """The gateway the application was built with."""
    found = app.extensions["gettone.gateway"]
    assert isinstance(found, StripeGateway)
    return found


def refund(app: Flask, order_id: UUID) -> None:
    """Finance gives back what the unused coupons of the order's line were sold for."""
    with transaction() as session:
        line = lines_of(session, order_id)[0]
    request_refund(order_id, RefundWish(unused_of_line=line.id), _person("finance"), gateway_of(app))


def ask_for_refund(app: Flask, order_id: UUID) -> None:
    """Finance asks for the same on its page: a job sends it."""
    with app.app_context():
        learn_charges(order_id, gateway_of(app))
    with app.app_context(), transaction() as session:
        order = lock_order(session, order_id)
        line = lines_of(session, order_id)[0]
        shown = RefundShown(order.gross_cents, order.gross_cents)
        ask_refund(session, order, RefundWish(unused_of_line=line.id), shown, _person("finance"))


def late_refund(app: Flask, order_id: UUID) -> None:
    """Finance gives late card money back to its card; the request is stored, then sent."""
    learn_charges(order_id, gateway_of(app))
    with transaction() as session:
        order = lock_order(session, order_id)
        (late,) = late_payments(session, order)
        request = store_late_request(session, order, LateRefundWish(late.payment.id), _person("finance"))
    send_request(request.id, gateway_of(app))


def end_request(app: Flask, company_id: UUID) -> None:
    """Support gives up on a company the vendor never created."""
    give_up(company_id, app.extensions["gettone.provisioner"], _person("support"))


def pay_invited(_app: Flask, order_id: UUID) -> None:
    """The money of an invited client's order arrives, always the same."""
    with transaction() as session:
        order = lock_order(session, order_id)
        money = MoneyFact("stripe", f"pi_{order_id.hex}", "stripe", order.gross_cents, clock.now())
        record_payment(session, order, money)


def accept_payer(_app: Flask, handover_id: UUID) -> None:
    """A company takes over who pays for it."""
    with transaction() as session:
        handover = session.get_one(PayerHandover, handover_id)
        accept_handover(session, handover_id, Principal(None, handover.to_party_id, "company_owner"))


def agree(_app: Flask, move_id: UUID) -> None:
    """The studio that a company goes to agrees, and everybody has."""
    with transaction() as session:
        move = session.get_one(StudioMove, move_id)
        agree_to_move(session, move_id, Principal(None, move.to_studio_id, "owner"))


def renew(app: Flask, attempt_id: UUID) -> None:
    """Seven days before the end of its services a company's payer is charged on the saved card."""
    charge_renewal(attempt_id, gateway_of(app))


EDGES = {edge.__name__: edge for edge in (refund, late_refund, end_request, pay_invited, accept_payer, agree, renew)}


def invited_order(app: Flask, studio: Party) -> UUID:
    """An order of a client whom the studio has invited; answers its id."""
    with app.app_context(), transaction() as session:
        invitation = invitations.lock_invitation(session, a_written_invitation(session, studio, 7))
        return order_by_invitation(session, invitation, BY_CARD).id


def paid_order(app: Flask, studio: Party) -> Order:
    """An order of ten coupons, paid on the simulator's page and fulfilled."""
    with app.app_context():
        order = _on_its_page(app, studio)
        with transaction() as session:
            attempts = attempts_of(session, order.id)
        press(str(attempts[0].url), "card")
        settle_attempt(attempts[0].id, gateway_of(app))
    return order


def late_card_credit(app: Flask, studio: Party) -> Order:
    """An order whose page was paid after it asked for a new quote, when it cost more: its money is store credit."""
    text = DEMO_CATALOGUE.read_text(encoding="utf-8")
    dearer = check_catalogue(text.replace("basis_points = 2200", "basis_points = 2300")).catalogue
    assert dearer is not None
    with app.app_context():
        order = _on_its_page(app, studio)
        with transaction() as session:
            attempts = attempts_of(session, order.id)
        press(str(attempts[0].url), "card")
        with transaction() as session:
            import_catalogue(session, dearer)
            ask_for_new_quote(session, lock_order(session, order.id))
        settle_attempt(attempts[0].id, gateway_of(app))
        drain()
    return order


def refused_company(world: World, app: Flask, studio: Party, number: int) -> UUID:
    """A company whose only call ended in an error of the vendor, so that nobody has it."""
    world.order_of_vendor(next=["error500"])
    with app.app_context():
        with transaction() as session:
            coupon, _ = stock_of(session, studio.id, state="AVAILABLE")[0]
            data = company_data(**company_fields(number))
            company_id = activate_coupon(session, coupon.id, data, owner_of(studio)).id
        try:
            attempt(company_id, app.extensions["gettone.provisioner"])
        except RetryLater:
            return company_id
    raise AssertionError("the vendor was to fail")


def created_company(app: Flask, studio: Party) -> UUID:
    """A company that exists at the vendor, linked to the studio, which pays."""
    with app.app_context():
        with transaction() as session:
            coupon, _ = stock_of(session, studio.id, state="AVAILABLE")[0]
            company = activate_coupon(session, coupon.id, company_data(**company_fields(2)), owner_of(studio))
        drain()
    return company.id


def changed_company(app: Flask, studio: Party) -> None:
    """A company that exists at the vendor, which is to be told of a change, while a lot of its seats is over."""
    company_id = created_company(app, studio)
    with app.app_context(), transaction() as session:
        announce_change(session, company_id)
        defer(session, FOLLOW_SEATS, company_id=str(company_id))


def proposed_handover(app: Flask, studio: Party, company_id: UUID) -> UUID:
    """The studio proposes that its client pays for itself."""
    with app.app_context(), transaction() as session:
        assert propose_handover(session, company_id, company_id, owner_of(studio))
        handover = open_handover(session, company_id)
        assert handover is not None
        return handover.id


def proposed_move(app: Flask, studio: Party, taker: Party, company_id: UUID) -> UUID:
    """The studio proposes that its client, and who pays for it, goes to another studio."""
    with app.app_context(), transaction() as session:
        wish = MoveWish(company_id, studio.id, str(taker.tax_code), with_payer=True, company_must_agree=False)
        assert propose_move(session, wish, owner_of(studio))
        return session.scalars(select(StudioMove.id)).one()


def renewal_to_charge(app: Flask, studio: Party, company_id: UUID) -> UUID:
    """A base service eight days before its end, whose payer saved a card and agreed to all; answers the attempt."""
    ends_on = clock.today() + timedelta(days=RENEW_BEFORE + 1)
    with app.app_context():
        page = open_card_page(studio.id, "/servizi", gateway_of(app))
        press(page.url, "save_card")
        look_and_reconcile(gateway_of(app), "checkout_session", page.session_id)
        with transaction() as session:
            bought(session, session.get_one(Company, company_id), BASE, ends_on - timedelta(days=365), ends_on)
        with transaction() as session:
            quote = renewal_quote(session, studio.id, company_id)
            assert quote is not None
            switch_on(session, company_id, Shown(VERSION, quote.gross_cents, ends_on, "it"), owner_of(studio))
            attempt = renew_by_itself(session, company_id, ends_on)
            assert attempt is not None
            return attempt.id


def page_to_close(app: Flask, studio: Party) -> Order:
    """An order whose buyer went on to pay by transfer while its page was open."""
    with app.app_context():
        order = _on_its_page(app, studio)
        with transaction() as session:
            assert change_payment_method(session, lock_order(session, order.id), "bank_transfer", owner_of(studio))
    return order


def fallen_quote(app: Flask, studio: Party) -> Order:
    """An order paid by transfer whose quote falls inside its window; services of others have changed as well."""
    with app.app_context(), transaction() as session:
        order = an_order(session, studio, "LITE-10", method="bank_transfer")
        fact = TransferFact(
            "bank_webhook", ACCOUNT, clock.today(), order.gross_cents, order.rf_reference, bank_reference="T-scene"
        )
        assert record_transfer(session, fact)
        ask_for_new_quote(session, lock_order(session, order.id))
        defer(session, "orders.rivals", order_id=str(order.id), company_ids=[])
        defer(session, "invoicing.revoke", account_id=str(new_id()))
    return order


def _on_its_page(app: Flask, studio: Party) -> Order:
    with transaction() as session:
        order = an_order(session, studio, "LITE-10")
    start_checkout(order.id, gateway_of(app))
    return order


def a_buyer(app: Flask, tax_code: str = "") -> Party:
    """One more studio, with a tax code of its own that only looks like one unless it is told."""
    with app.app_context(), transaction() as session:
        return a_studio(session, tax_code=tax_code or f"{new_id().int % 10**11:011d}")


def _person(role: str) -> Principal:
    return Principal(None, None, role)


def perform(edge: str, subject: str) -> None:
    """Perform an edge as a program of its own, told by its environment where everything is."""
    application = scene_app(dict(os.environ))
    with application.app_context():
        EDGES[edge](application, UUID(subject))
        database.engine.dispose()
