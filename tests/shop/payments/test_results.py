"""The page a buyer comes back to is a view: it grants nothing and leaks nothing (Stripe check 9)."""

from datetime import timedelta
from uuid import UUID

import pytest

from shop import GatewayUnavailable, MemoryGateway, paid_order, settle_pending
from tests.factories import a_studio
from tests.stories import an_order
from tests.webhooks.stand import Json, Stand


@pytest.fixture
def mine(stand: Stand) -> UUID:
    with stand.tx() as session:
        return an_order(session, session.merge(stand.studio), "LITE-1", 1).id


def shown(stand: Stand, order_id: UUID, page_id: str | None, buyer: UUID | None = None) -> UUID | None:
    number = stand.order(order_id).number
    with stand.tx() as session:
        order = paid_order(session, number, buyer or stand.studio.id, page_id)
        return order.id if order else None


def test_check_09_a_missing_a_foreign_and_an_unpaid_page_are_alike(stand: Stand, mine: UUID) -> None:
    with stand.tx() as session:
        stranger = a_studio(session, tax_code="00743110157")
        theirs = an_order(session, stranger, "LITE-1", 1).id
        another = an_order(session, session.merge(stand.studio), "LITE-1", 1).id
    page, foreign = stand.start(mine), stand.start(theirs)
    stand.gateway.pay(foreign)
    stand.gateway.pay(stand.start(another))
    for page_id in (None, "", "cs_test_invented", page, foreign, "%", page.upper()):
        assert shown(stand, mine, page_id) is None
    assert stand.order(mine).state == "AWAITING_PAYMENT"
    assert stand.coupons() == {}


def test_check_09_a_page_that_was_paid_waits_until_our_books_say_so(stand: Stand, mine: UUID) -> None:
    page = stand.start(mine)
    stand.gateway.pay(page)
    assert shown(stand, mine, page) is None
    assert stand.payments() == []


def test_check_09_a_confirmed_page_shows_its_own_order_to_its_buyer_alone(stand: Stand, mine: UUID) -> None:
    page = stand.start(mine)
    stand.gateway.pay(page)
    with stand.client.application.app_context():
        settle_pending(stand.gateway, timedelta())
    assert shown(stand, mine, page) == mine
    with stand.tx() as session:
        stranger = a_studio(session, tax_code="00743110157").id
    assert shown(stand, mine, page, stranger) is None


def test_a_page_nobody_can_read_leaves_no_other_payment_unfound(stand: Stand, mine: UUID) -> None:
    """Whatever is wrong with one order, the round goes on, says so, and comes back to it."""
    with stand.tx() as session:
        another = an_order(session, session.merge(stand.studio), "LITE-1", 1).id
    broken, whole = stand.start(mine), stand.start(another)
    for page in (broken, whole):
        stand.gateway.pay(page)
    amount = stand.gateway.objects[broken].pop("amount_total")
    with stand.client.application.app_context():
        assert settle_pending(stand.gateway, timedelta()).failed == 1
        assert (stand.order(mine).state, stand.order(another).state) == ("AWAITING_PAYMENT", "FULFILLED")
        stand.gateway.objects[broken]["amount_total"] = amount
        assert settle_pending(stand.gateway, timedelta()).failed == 0
    assert stand.order(mine).state == "FULFILLED"


class OneSick(MemoryGateway):
    """A Stripe that cannot show some pages, and shows all the others."""

    def __init__(self, stand: Stand, sick: set[str]) -> None:
        super().__init__()
        self.objects, self.sick, self.asked = stand.gateway.objects, sick, 0

    def read(self, kind: str, object_id: str) -> Json:
        self.asked += 1
        if object_id in self.sick:
            raise GatewayUnavailable
        return super().read(kind, object_id)


def test_a_page_that_stripe_cannot_show_leaves_no_other_payment_unfound(stand: Stand, mine: UUID) -> None:
    with stand.tx() as session:
        another = an_order(session, session.merge(stand.studio), "LITE-1", 1).id
    sick, paid = stand.start(mine), stand.start(another)
    stand.gateway.pay(paid)
    gateway = OneSick(stand, {sick})
    with stand.client.application.app_context():
        assert settle_pending(gateway, timedelta()).failed == 1
    assert (stand.order(mine).state, stand.order(another).state) == ("AWAITING_PAYMENT", "FULFILLED")


@pytest.mark.parametrize(("orders", "asked"), [(1, 1), (2, 2), (5, 3)])
def test_a_stripe_that_is_silent_about_everything_is_not_asked_for_long(
    stand: Stand, mine: UUID, orders: int, asked: int
) -> None:
    with stand.tx() as session:
        studio = session.merge(stand.studio)
        more = [an_order(session, studio, "LITE-1", 1).id for _ in range(orders - 1)]
    gateway = OneSick(stand, {stand.start(order_id) for order_id in (mine, *more)})
    with stand.client.application.app_context(), pytest.raises(GatewayUnavailable):
        settle_pending(gateway, timedelta())
    assert gateway.asked == asked
