"""Services a case holds back (D10): nothing more is charged for them, and finance can give them back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import suspend_licences
from entitlements.licences import Licence
from foundation import clock
from foundation.events import Event
from foundation.ids import new_id
from pricing import add_months
from shop import Order, RefundWish, User, lock_order
from shop.payments.reversals import follow_reversals
from tests.addons import until
from tests.banking import FINANCE
from tests.browsing import Page, visit
from tests.flows.renewal_payer import Payer
from tests.flows.service_shop import BASE, DOCUMENTS, ORDERS, SEAT, WOO, Shop, states
from tests.refunding import contest_newest_charge, request_refund

SUSPENDED = "SERVICE_SUSPENDED"


def _bought(payer: Payer) -> Order:
    """The order everything was bought with."""
    with payer.shop.tx() as session:
        return session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()


def _money_returned(payer: Payer) -> Order:
    """Finance gives all the money back and decides that what is in use goes back too."""
    order = _bought(payer)
    with payer.shop.client.application.app_context():
        request_refund(order.id, RefundWish(everything=True), FINANCE, payer.gateway)
    payer.shop.jobs()
    assert set(states(payer.shop).values()) == {"SUSPENDED"}
    return order


def _dispute_lost(payer: Payer) -> Order:
    """The buyer's bank took the money back."""
    order = _bought(payer)
    with payer.shop.client.application.app_context():
        contest_newest_charge(payer.gateway, "lost")
    payer.shop.jobs()
    assert set(states(payer.shop).values()) == {"SUSPENDED"}
    return order


def _lifting(desk: FlaskClient, order: Order) -> Page:
    return visit(desk, f"/ordini/{order.number}").follow("Riattiva i servizi sospesi")


def test_a_suspended_base_is_not_charged_and_its_payer_is_told_why(payer: Payer) -> None:
    payer.turn_on()
    _money_returned(payer)
    assert "sono sospesi" in payer.services()
    payer.go_to(31)
    assert "si rinnova da solo" not in payer.mail("Servizi in scadenza")
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("SUSPENDED", None, [])
    assert "I servizi sono sospesi" in payer.mail("Il rinnovo automatico non è riuscito")


def test_nothing_is_sold_for_a_suspended_base(payer: Payer) -> None:
    _money_returned(payer)
    now, line = payer.shop.running(), payer.shop.line
    for lines in ([line(ORDERS)], [line(SEAT)], [line(BASE, 1, now[BASE]), line(DOCUMENTS, 1, now[DOCUMENTS])]):
        assert payer.shop.refused(*lines) == {SUSPENDED}


def test_a_suspended_module_is_neither_renewed_by_itself_nor_by_hand(payer: Payer) -> None:
    payer.shop.buy(payer.shop.line(ORDERS))
    payer.turn_on()
    with payer.shop.tx() as session:
        cause = session.execute(select(Licence.cause_kind, Licence.cause_id).where(Licence.sku == ORDERS)).one()
        suspend_licences(session, cause.cause_kind, [cause.cause_id], new_id())
    module = payer.shop.running()[ORDERS]
    assert SUSPENDED in payer.shop.refused(payer.shop.line(ORDERS, 1, module))
    payer.go_to(31)
    assert "Non si rinnovano da soli" in payer.mail("Servizi in scadenza")
    payer.go_to(7)
    assert payer.order().state == "FULFILLED"
    assert payer.shop.ends()[ORDERS] < payer.shop.ends()[BASE]


@pytest.mark.parametrize("case", [_money_returned, _dispute_lost])
def test_finance_gives_the_services_of_a_case_back_and_they_stay_given_back(
    payer: Payer, desk: FlaskClient, people: list[User], case: Callable[[Payer], Order]
) -> None:
    before = states(payer.shop)
    order = case(payer)
    page = _lifting(desk, order)
    for said in ("Fatturazione Elettronica", "Documenti", "Utente aggiuntivo × 2", "Il tuo nome resta nel registro."):
        assert said in page.text
    done = page.press("Riattiva i servizi")
    assert "Servizi riattivati." in done.text
    payer.shop.jobs()
    assert states(payer.shop) == before
    assert payer.mails("Servizi di nuovo attivi") == 1
    assert "Erano già attivi" in page.press("Riattiva i servizi").text, "a double click"
    with payer.shop.tx() as session:
        follow_reversals(session, lock_order(session, order.id))
        told = session.scalars(select(Event).where(Event.type == "order.suspension_lifted")).all()
    assert states(payer.shop) == before, "the same facts looked at again suspend nothing"
    assert [(one.actor_user_id, one.subject_id) for one in told] == [(people[0].id, order.id)]
    assert "Riattiva i servizi sospesi" not in visit(desk, f"/ordini/{order.number}").text
    assert payer.shop.quote(payer.shop.line(ORDERS))["orderable"]


def test_whoever_pays_cannot_lift_a_suspension(payer: Payer) -> None:
    order = _money_returned(payer)
    assert "Riattiva i servizi sospesi" not in visit(payer.browser, f"/ordini/{order.number}").text
    assert visit(payer.browser, f"/desk/finanza/ordini/{order.number}/riattiva").status in {403, 404}


def test_months_of_a_suspended_module_are_not_sold_with_another(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    shop.buy(shop.line(ORDERS))
    _a_case_holds_back(shop, ORDERS)
    advance(until(add_months(clock.today(), 6)))
    held_back = shop.ends()[ORDERS]
    quote = shop.quote(shop.line(DOCUMENTS))
    assert [line["sku"] for line in quote["lines"]] == [DOCUMENTS, BASE]
    shop.buy(shop.line(DOCUMENTS))
    assert shop.ends()[ORDERS] == held_back


def test_what_stands_on_a_suspended_module_is_not_sold(shop: Shop) -> None:
    shop.buy(shop.line(BASE))
    shop.buy(shop.line(DOCUMENTS))
    _a_case_holds_back(shop, DOCUMENTS)
    assert shop.refused(shop.line(WOO)) == {SUSPENDED}


def test_an_order_that_waits_while_its_base_is_suspended_becomes_credit(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    waiting = shop.order(shop.line(ORDERS), method="bank_transfer")
    _a_case_holds_back(shop, BASE)
    shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    advance(timedelta(hours=13))
    shop.jobs()
    assert (shop.state(waiting), shop.credit()) == ("NEEDS_REQUOTE", waiting["gross_cents"])


def test_a_renewal_that_waits_while_its_module_is_suspended_becomes_credit(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    shop.buy(shop.line(ORDERS))
    now = shop.running()
    both = (shop.line(BASE, 1, now[BASE]), shop.line(ORDERS, 1, now[ORDERS]))
    waiting = shop.order(*both, method="bank_transfer")
    _a_case_holds_back(shop, ORDERS)
    shop.transfer_arrives(waiting["number"], waiting["gross_cents"])
    advance(timedelta(hours=13))
    shop.jobs()
    assert (shop.state(waiting), shop.credit()) == ("NEEDS_REQUOTE", waiting["gross_cents"])


def _a_case_holds_back(shop: Shop, sku: str) -> None:
    with shop.tx() as session:
        cause = session.execute(select(Licence.cause_kind, Licence.cause_id).where(Licence.sku == sku)).one()
        suspend_licences(session, cause.cause_kind, [cause.cause_id], new_id())
    shop.jobs()
    assert states(shop)[sku] == "SUSPENDED"
