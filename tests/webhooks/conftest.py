"""The stand for letters from Stripe, as a fixture."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app import Outside
from tests.conftest import Transact
from tests.webhooks.money import GROSS
from tests.webhooks.stand import Stand, a_stand, an_event


@pytest.fixture
def stand(client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int]) -> Stand:
    """A stocked shop, one studio, and a Stripe that shows what the test says."""
    return a_stand(client, outside, tx, run_jobs)


@pytest.fixture
def order_id(stand: Stand) -> UUID:
    """An order of three coupons, paid by card and fulfilled."""
    made = stand.shared_order("ORD-2026-000813", GROSS)
    page = stand.gateway.pay(stand.start(made))
    assert stand.tell(an_event("checkout.session.completed", page)) == "paid"
    return made
