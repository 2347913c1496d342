"""Against Stripe's own test mode, when somebody brings a key: `STRIPE_TEST_KEY=sk_test_… pytest -m stripe_live`."""

import os
from datetime import timedelta

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.settings import STRIPE_LIVE_BASE
from shop import StripeGateway
from tests.webhooks.stand import Json

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = [
    pytest.mark.stripe_live,
    pytest.mark.enable_socket,
    pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="STRIPE_TEST_KEY holds no test key"),
]


def test_a_page_is_made_once_read_and_closed() -> None:
    gateway, run = StripeGateway(KEY, STRIPE_LIVE_BASE), new_id().hex
    customer = gateway.create_customer(f"live-customer-{run}", {"name": "Studio di prova"})
    item = {"currency": "eur", "unit_amount": 28_464, "product_data": {"name": "7 × Pacchetto 100 fatture"}}
    parameters: Json = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "locale": "it",
        "client_reference_id": f"LIVE-{run}",
        "metadata": {"order_id": run, "shop_env": "live-test"},
        "payment_intent_data": {"metadata": {"order_id": run, "shop_env": "live-test"}},
        "line_items": [{"quantity": 1, "price_data": item}],
        "customer": customer,
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "expires_at": int((clock.real_now() + timedelta(hours=1)).timestamp()),
        "success_url": "https://shop.example/esito?sessione={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/carrello",
    }
    page = gateway.create_checkout_session(f"live-page-{run}", parameters)
    assert gateway.create_checkout_session(f"live-page-{run}", parameters) == page
    seen = gateway.read("checkout_session", page.session_id)
    assert (seen["amount_total"], seen["currency"], seen["status"]) == (28_464, "eur", "open")
    assert [one["id"] for one in gateway.pages_of_customer(customer)] == [page.session_id]
    assert gateway.expire_checkout_session(page.session_id)["status"] == "expired"
