"""Money that came in time gives what was ordered, whatever day it is when it is fulfilled; else it goes back."""

from collections.abc import Callable
from datetime import timedelta

from entitlements.running.service_states import closes_on
from pricing import add_months
from tests.addons import until
from tests.api.caller import caller
from tests.factories import a_company
from tests.flows.service_shop import BASE, DOCUMENTS, Shop, months_on

Advance = Callable[[timedelta], None]


def test_a_module_that_stands_before_its_base_starts_with_it_for_a_company_that_had_only_registered(
    shop: Shop,
) -> None:
    with shop.tx() as session:
        company_id = a_company(session, name="Sartoria Gallo S.r.l.").id
    api = caller(shop.client, "company", company_id)
    itself = Shop(api, shop.client, shop.outside, shop.tx, shop.jobs, company_id, company_id)
    itself.buy(itself.line(DOCUMENTS), itself.line(BASE))
    assert itself.ends() == {DOCUMENTS: months_on(12), BASE: months_on(12)}


def test_a_transfer_recorded_on_the_last_day_of_the_base_is_fulfilled_the_morning_after(
    shop: Shop, advance: Advance
) -> None:
    """D9: the day the money was recorded decides, not the day its window ends."""
    shop.buy(shop.line(BASE))
    ended_on = shop.ends()[BASE]
    advance(until(ended_on - timedelta(days=1)) + timedelta(hours=6))
    order = shop.order(shop.line(DOCUMENTS), method="bank_transfer")
    shop.transfer_arrives(order["number"], order["gross_cents"])
    advance(timedelta(hours=7))
    shop.jobs()
    assert shop.state(order) == "PAID"
    advance(timedelta(hours=6))
    shop.jobs()
    assert shop.state(order) == "FULFILLED"
    bought_until = add_months(ended_on - timedelta(days=1), 12)
    assert shop.ends() == {BASE: bought_until, DOCUMENTS: bought_until}
    assert shop.credit() == 0


def test_a_renewal_whose_service_closed_while_its_transfer_waited_is_not_stuck(shop: Shop, advance: Advance) -> None:
    shop.buy(shop.line(BASE))
    ended_on = shop.ends()[BASE]
    advance(until(ended_on + timedelta(days=1)))
    shop.jobs()
    advance(until(closes_on(ended_on) - timedelta(days=1)) + timedelta(hours=3))
    shop.jobs()
    base = shop.running()[BASE]
    order = shop.order(shop.line(BASE, 1, base), method="bank_transfer")
    shop.transfer_arrives(order["number"], order["gross_cents"])
    advance(timedelta(hours=13))
    shop.jobs()
    assert shop.state(order) == "NEEDS_REQUOTE"
    assert shop.credit() == order["gross_cents"]
