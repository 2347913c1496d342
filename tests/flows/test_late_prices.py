"""Money for a closed order revives it only at the price of today: months, agreement and VAT are asked anew (D11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from foundation import clock
from pricing import add_months
from shop import Order, lock_order
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.closing import cancel_order
from shop.payments.money_in import FinanceTask
from tests.addons import until
from tests.banking import FINANCE, Bank
from tests.flows.service_shop import BASE, DOCUMENTS, Shop, months_on
from tests.stories import DEMO_CATALOGUE

Advance = Callable[[timedelta], None]


def the_catalogue_says(shop: Shop, was: str, instead: str) -> None:
    """A new version of the catalogue, in which one text is another."""
    text = DEMO_CATALOGUE.read_text(encoding="utf-8")
    assert was in text
    found = check_catalogue(text.replace(was, instead, 1)).catalogue
    assert found is not None
    with shop.tx() as session:
        import_catalogue(session, found)


def the_agreement_is_over(shop: Shop) -> None:
    the_catalogue_says(shop, "basis_points = 1000\nkinds", "basis_points = 1000\nlast_day = 2026-01-31\nkinds")


def late_money_tasks(shop: Shop) -> int:
    with shop.tx() as session:
        query = select(FinanceTask.id).where(FinanceTask.kind == "late_money", FinanceTask.resolved_at.is_(None))
        return len(session.scalars(query).all())


def an_expired_order(shop: Shop, advance: Advance, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    order = shop.order(*lines, method="bank_transfer", **more)
    advance(timedelta(days=31))
    shop.jobs()
    assert shop.state(order) == "EXPIRED"
    return order


def an_order_of_one_month(shop: Shop, advance: Advance) -> dict[str, Any]:
    """A module with one month of its base, expired; a fortnight before the base ends the same costs eleven months."""
    shop.buy(shop.line(BASE))
    end = months_on(12)
    advance(timedelta(days=16))
    order = an_expired_order(shop, advance, shop.line(DOCUMENTS))
    assert order["gross_cents"] == 2134
    advance(until(end - timedelta(days=14)))
    shop.jobs()
    assert shop.quote(shop.line(DOCUMENTS))["gross_cents"] == 5478
    return order


def test_a_month_of_extension_does_not_buy_a_year_with_late_money(shop: Shop, advance: Advance) -> None:
    order = an_order_of_one_month(shop, advance)
    before = shop.ends()
    shop.transfer_arrives(order["number"], 2134)
    shop.jobs()
    assert (shop.state(order), shop.ends(), late_money_tasks(shop)) == ("EXPIRED", before, 1)


def test_a_transfer_for_an_extension_that_costs_more_today_waits_for_a_person(
    shop: Shop, advance: Advance, bank: Bank
) -> None:
    order = an_order_of_one_month(shop, advance)
    bank.transfer(2134, order["number"])
    assert (shop.state(order), late_money_tasks(shop)) == ("EXPIRED", 1)
    assert f"Il bonifico è arrivato su un ordine chiuso · {order['number']}" in shop.subjects()


def test_late_money_revives_an_extension_that_costs_the_same(shop: Shop, advance: Advance) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 6)) + timedelta(days=2))
    order = shop.order(shop.line(DOCUMENTS), method="bank_transfer")
    with shop.tx() as session:
        order_id = session.scalars(select(Order.id).where(Order.number == order["number"])).one()
        cancel_order(session, lock_order(session, order_id), FINANCE)
    advance(timedelta(days=2))
    shop.transfer_arrives(order["number"], order["gross_cents"])
    assert (shop.state(order), late_money_tasks(shop)) == ("PAID", 0)


def test_late_money_does_not_revive_a_discount_whose_agreement_is_over(shop: Shop, advance: Advance) -> None:
    lasting = an_expired_order(shop, advance, shop.line(BASE), agreement_code="ORDINE-10")
    assert lasting["gross_cents"] == 3283
    the_agreement_is_over(shop)
    shop.transfer_arrives(lasting["number"], 3283)
    assert (shop.state(lasting), late_money_tasks(shop)) == ("EXPIRED", 1)


def test_late_money_revives_a_discount_whose_agreement_still_holds(shop: Shop, advance: Advance) -> None:
    lasting = an_expired_order(shop, advance, shop.line(BASE), agreement_code="ORDINE-10")
    shop.transfer_arrives(lasting["number"], 3283)
    assert (shop.state(lasting), late_money_tasks(shop)) == ("PAID", 0)


def test_late_money_does_not_revive_an_order_at_a_rate_of_vat_that_changed(shop: Shop, advance: Advance) -> None:
    order = an_expired_order(shop, advance, {"sku": "LITE-10", "quantity": 1})
    the_catalogue_says(shop, "basis_points = 2200", "basis_points = 2300")
    shop.transfer_arrives(order["number"], order["gross_cents"])
    assert (shop.state(order), late_money_tasks(shop)) == ("EXPIRED", 1)


def test_an_order_that_is_still_open_keeps_the_price_that_was_agreed(shop: Shop) -> None:
    order = shop.order(shop.line(BASE), method="bank_transfer", agreement_code="ORDINE-10")
    the_agreement_is_over(shop)
    shop.transfer_arrives(order["number"], 3283)
    assert (shop.state(order), late_money_tasks(shop)) == ("PAID", 0)
