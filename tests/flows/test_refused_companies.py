"""What is bought for a company that never comes to exist: nothing of its money is lost, and nothing more is sold."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Accepted, MemoryProvisioner, NoAnswer, Refused, rights_of
from entitlements.licences import Licence
from entitlements.provisioning.answers import apply_answer
from entitlements.standing import standing_of
from foundation.mail import Mail
from shop import Order
from shop.payments.money_in import FinanceTask, Payment, PaymentAllocation
from tests.api.caller import caller
from tests.browsing import visit
from tests.entitlements.scenes import THIRD_COMPANY, a_scene, an_activation
from tests.factories import a_company, a_user
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT, Shop
from tests.signing import sign_in

Advance = Callable[[timedelta], None]


@pytest.fixture
def alone(shop: Shop) -> Shop:
    """A company that registered itself, at the API of the shop; nothing runs for it yet."""
    with shop.tx() as session:
        party_id = a_company(session, email="titolare@valsesia.example", **THIRD_COMPANY).id
    return replace(shop, api=caller(shop.client, "company", party_id), studio_id=party_id, company_id=party_id)


def test_a_card_payment_for_a_tax_code_that_became_somebody_elses_is_recorded_and_becomes_credit(alone: Shop) -> None:
    order = alone.order(alone.line(BASE))
    another_studio_activates_it(alone)
    alone.pay(order)
    assert alone.state(order) == "NEEDS_REQUOTE"
    assert (recorded(alone, order), alone.credit()) == ([order["gross_cents"]], order["gross_cents"])
    assert f"Serve un nuovo preventivo · {order['number']}" in alone.subjects()


def test_the_mail_about_a_new_quote_says_what_became_of_the_money_also_when_it_is_sent_again(alone: Shop) -> None:
    order = alone.order(alone.line(BASE))
    another_studio_activates_it(alone)
    alone.pay(order)
    with alone.tx() as session:
        owner = a_user(session, alone.company_id)
    browser = alone.client.application.test_client()
    sign_in(browser, owner)
    visit(browser, f"/ordini/{order['number']}").press("Invia di nuovo la mail")
    with alone.tx() as session:
        told = session.scalars(select(Mail.context).where(Mail.template == "order_needs_requote")).all()
    assert [context["credited_cents"] for context in told] == [order["gross_cents"]] * 2


def test_a_transfer_for_a_tax_code_that_became_somebody_elses_becomes_credit(alone: Shop, advance: Advance) -> None:
    order = alone.order(alone.line(BASE), method="bank_transfer")
    another_studio_activates_it(alone)
    alone.transfer_arrives(order["number"], order["gross_cents"])
    advance(timedelta(hours=13))
    alone.jobs()
    assert (alone.state(order), alone.credit()) == ("NEEDS_REQUOTE", order["gross_cents"])


def test_nothing_is_sold_for_a_tax_code_that_is_somebody_elses(alone: Shop) -> None:
    another_studio_activates_it(alone)
    assert alone.refused(alone.line(BASE)) == {"COMPANY_EXISTS_ALREADY"}


def test_services_of_a_company_the_vendor_refuses_close_and_buyer_and_finance_hear_of_it(alone: Shop) -> None:
    order = alone.order(alone.line(BASE))
    the_vendor_refuses(alone)
    alone.pay(order)
    assert alone.state(order) == "FULFILLED"
    with alone.tx() as session:
        rights = rights_of(session, alone.company_id)
        assert (standing_of(rights).state, rights.licences, rights.services) == ("REJECTED", (), ())
        assert states_of(session, alone.company_id) == {BASE: "CLOSED"}
        (task,) = tasks_of(session, order)
    assert (task.kind, task.facts) == ("company_not_created", {"reason": "REFUSED"})
    assert f"I servizi che hai acquistato non si possono attivare · {order['number']}" in alone.subjects()


def test_nothing_more_is_sold_for_a_company_that_the_vendor_refused(alone: Shop) -> None:
    the_vendor_refuses(alone)
    alone.buy(alone.line(BASE))
    assert alone.refused(alone.line(BASE)) == {"COMPANY_REFUSED"}
    assert "COMPANY_REFUSED" in alone.refused(alone.line(DOCUMENTS))


def test_an_order_that_waits_asks_for_a_new_quote_when_its_company_is_refused(alone: Shop, advance: Advance) -> None:
    waiting = alone.order(alone.line(BASE), method="bank_transfer")
    the_vendor_refuses(alone)
    alone.buy(alone.line(BASE))
    assert alone.state(waiting) == "NEEDS_REQUOTE"
    alone.transfer_arrives(waiting["number"], waiting["gross_cents"])
    advance(timedelta(hours=13))
    alone.jobs()
    assert alone.credit() == waiting["gross_cents"]


def test_services_bought_for_a_company_under_way_close_when_it_is_refused(shop: Shop) -> None:
    studio = a_studio_with_a_company_under_way(shop)
    order = studio.buy(studio.line(BASE), studio.line(DOCUMENTS), studio.line(SEAT, 2))
    with shop.tx() as session:
        apply_answer(session, studio.company_id, Refused("Partita IVA cessata"), "callback")
    shop.jobs()
    with shop.tx() as session:
        assert set(states_of(session, studio.company_id).values()) == {"CLOSED"}
        assert [task.kind for task in tasks_of(session, order)] == ["company_not_created"]
    assert f"I servizi che hai acquistato non si possono attivare · {order['number']}" in shop.subjects()


def test_money_that_comes_once_the_company_was_refused_becomes_credit(shop: Shop, advance: Advance) -> None:
    studio = a_studio_with_a_company_under_way(shop)
    order = studio.order(studio.line(BASE), method="bank_transfer")
    studio.transfer_arrives(order["number"], order["gross_cents"])
    with shop.tx() as session:
        apply_answer(session, studio.company_id, Refused("Partita IVA cessata"), "callback")
    advance(timedelta(hours=13))
    shop.jobs()
    assert (studio.state(order), studio.credit()) == ("NEEDS_REQUOTE", order["gross_cents"])


def another_studio_activates_it(shop: Shop) -> None:
    """A studio that does not know the registered company uses a coupon for its tax code (M6)."""
    with shop.tx() as session:
        an_activation(session, a_scene(session, quantity=1), 0, **THIRD_COMPANY)
    shop.jobs()


def a_studio_with_a_company_under_way(shop: Shop) -> Shop:
    """The vendor has accepted to create the company, and says nothing more."""
    provisioner = provisioner_of(shop)
    provisioner.answers.append(Accepted("op-1"))
    provisioner.asked.extend([NoAnswer("busy")] * 50)
    with shop.tx() as session:
        scene = a_scene(session, quantity=1)
        company_id = an_activation(session, scene, 0, **THIRD_COMPANY)
        studio_id = scene.studio.id
    return replace(shop, api=caller(shop.client, "studio", studio_id), studio_id=studio_id, company_id=company_id)


def the_vendor_refuses(shop: Shop) -> None:
    provisioner_of(shop).answers.append(Refused("Partita IVA cessata"))


def provisioner_of(shop: Shop) -> MemoryProvisioner:
    provisioner = shop.outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    return provisioner


def recorded(shop: Shop, order: dict[str, object]) -> list[int]:
    """The payments that were recorded for an order."""
    query = (
        select(Payment.amount_cents)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .join(Order, Order.id == PaymentAllocation.order_id)
        .where(Order.number == order["number"], PaymentAllocation.amount_cents > 0)
    )
    with shop.tx() as session:
        return list(session.scalars(query))


def states_of(session: Session, company_id: UUID) -> dict[str, str]:
    query = select(Licence.sku, Licence.state).where(Licence.party_id == company_id)
    return {row[0]: row[1] for row in session.execute(query)}


def tasks_of(session: Session, order: dict[str, object]) -> Sequence[FinanceTask]:
    query = select(FinanceTask).join(Order, Order.id == FinanceTask.order_id)
    return session.scalars(query.where(Order.number == order["number"], FinanceTask.resolved_at.is_(None))).all()
