"""A crash while late card money goes back (R22, D11): it goes back once, and nobody spends it meanwhile."""

import pytest
from flask import Flask

from shop.payments.janitor import settle_pending
from tests.crash.points import ELSEWHERE
from tests.crash.scenes import a_buyer, gateway_of, late_card_credit
from tests.crash.test_scenes import act, violations
from tests.crash.world import World

pytestmark = [pytest.mark.sockets, pytest.mark.race]
POINTS = [name for name in ELSEWHERE if name.startswith("refund.")]


@pytest.mark.parametrize("point", POINTS)
def test_late_card_money_whose_refund_died_under_way_goes_back_once(world: World, app: Flask, point: str) -> None:
    order = late_card_credit(app, a_buyer(app))
    credit = "SELECT coalesce(sum(balance_cents), 0) FROM store_credits"
    assert world.number(credit) == order.gross_cents
    act(world, "late_refund", order.id, point)
    assert world.rows("SELECT state FROM refund_requests") == [("ASKED",)]
    assert world.number(credit) == 0
    for _ in range(2):
        with app.app_context():
            settle_pending(gateway_of(app))
    assert world.rows("SELECT state FROM refund_requests") == [("DONE",)]
    assert world.number("SELECT count(*) FROM stripe_refunds") == 1
    assert world.number("SELECT sum(amount_cents) FROM stripe_refunds") == order.gross_cents
    assert world.number(credit) == 0
    assert violations(app) == []
