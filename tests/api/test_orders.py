from flask.testing import FlaskClient

from foundation.settings import Settings
from tests.api.caller import Caller, a_stocked_studio, caller, order_body
from tests.conftest import Transact


def _studio(client: FlaskClient, tx: Transact) -> Caller:
    return caller(client, "studio", a_stocked_studio(tx).id)


def test_an_order_by_transfer_answers_everything_its_payer_needs(client: FlaskClient, tx: Transact) -> None:
    answer = _studio(client, tx).post("/orders", order_body())
    order = answer.get_json()
    settings = client.application.extensions["gettone.settings"]
    assert isinstance(settings, Settings)
    assert answer.status_code == 201, order
    how = order["bank_transfer"]
    assert how["iban"] == settings.seller.iban
    assert how["reference"].startswith("RF")
    assert how["amount_cents"] == order["gross_cents"]
    assert how["epc_qr_payload"].splitlines()[:4] == ["BCD", "002", "1", "SCT"]
    assert order["fulfilment"]["release_after_seconds"] == 12 * 3600
    assert order["checkout_url"] is None


def test_an_order_by_card_answers_where_to_pay(client: FlaskClient, tx: Transact) -> None:
    studio = _studio(client, tx)
    order = studio.post("/orders", order_body(payment_method="stripe")).get_json()
    assert order["checkout_url"].startswith("http")
    assert studio.get(f"/orders/{order['number']}").get_json()["checkout_url"] == order["checkout_url"]
