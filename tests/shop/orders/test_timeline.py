from datetime import timedelta

from sqlalchemy.orm import Session

from entitlements import activate_coupon, issued_for, stock_of
from foundation.events import events_about
from shop import Order
from shop.orders.closing import cancel_order
from shop.orders.order_book import lines_of
from shop.orders.timeline import timeline
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order, an_order, company_data, owner_of, pay_by_card, stock_the_shop


def steps_of(session: Session, order: Order) -> list[tuple[str, str]]:
    session.flush()
    lines = lines_of(session, order.id)
    issued = issued_for(session, "order_line", [line.id for line in lines])
    return [
        (step.name, step.stage) for step in timeline(order, lines, events_about(session, "order", order.id), issued)
    ]


def test_an_order_that_waits_shows_what_comes_up_to_the_company(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), method="bank_transfer")
        assert steps_of(session, order) == [
            ("order.placed", "done"),
            ("awaiting.transfer", "now"),
            ("order.paid", "next"),
            ("order.fulfilled", "next"),
            ("company.ready", "next"),
        ]


def test_a_fulfilled_order_asks_for_a_company_until_one_is_being_created(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        order = a_paid_order(session, studio)
        done = [("order.placed", "done"), ("order.paid", "done"), ("order.fulfilled", "done")]
        assert steps_of(session, order) == [*done, ("awaiting.activation", "now")]
        coupon, _pack = stock_of(session, studio.id)[0]
        activate_coupon(session, coupon.id, company_data(), owner_of(studio))
        assert steps_of(session, order) == [*done, ("awaiting.company", "now")]


def test_an_order_without_coupons_ends_with_its_fulfilment(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session), "CREDIT-50")
        pay_by_card(session, order)
        assert steps_of(session, order)[-1] == ("order.fulfilled", "done")


def test_a_cancelled_order_has_nothing_ahead(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        order = an_order(session, studio)
        cancel_order(session, order, owner_of(studio))
        assert steps_of(session, order) == [("order.placed", "done"), ("order.cancelled", "done")]
        assert order.closed_at is not None
        assert order.closed_at - order.placed_at < timedelta(minutes=1)
