from collections.abc import Callable

from flask.testing import FlaskClient

from app import Outside
from foundation import clock
from foundation.settings import Settings
from shop import MemoryGateway
from shop.carts import add_to_cart, contents, find_cart, open_cart
from shop.catalogue import current_price_book
from tests.api.caller import Caller, a_stocked_studio, caller, order_body
from tests.banking import credit_of
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order


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


def test_an_order_is_cancelled_only_while_it_is_what_the_client_saw(client: FlaskClient, tx: Transact) -> None:
    studio = _studio(client, tx)
    path = f"/orders/{studio.post('/orders', order_body()).get_json()['number']}"
    tag = studio.get(path).headers["ETag"]
    stale = studio.post(f"{path}/cancel", **{"If-Match": '"another"'})
    assert (stale.status_code, stale.get_json()["type"]) == (412, "/problems/precondition-failed")
    assert studio.post(f"{path}/cancel", **{"If-Match": tag}).get_json()["state"] == "CANCELLED"
    assert studio.post(f"{path}/cancel").get_json()["state"] == "CANCELLED"
    assert studio.get(path).headers["ETag"] != tag


def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, tx: Transact) -> None:
    studio = _studio(client, tx)
    path = f"/orders/{studio.post('/orders', order_body()).get_json()['number']}"
    tag = studio.get(path).headers["ETag"]
    again = client.get(f"/api/v1{path}", headers=studio.headers | {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_paid_order_is_not_cancelled_and_nobody_is_told_to_try_again(client: FlaskClient, tx: Transact) -> None:
    party = a_stocked_studio(tx)
    with tx() as session:
        order = a_paid_order(session, party)
    answer = caller(client, "studio", party.id).post(f"/orders/{order.number}/cancel")
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/illegal-order-step")
    assert "Retry-After" not in answer.headers


def test_ordering_by_api_leaves_the_open_cart_alone(client: FlaskClient, tx: Transact) -> None:
    party = a_stocked_studio(tx)
    with tx() as session:
        book = current_price_book(session, clock.today())
        cart = open_cart(session, party.id, None)
        add_to_cart(session, cart, book, "LITE-1", 3, None)
    order = caller(client, "studio", party.id).post("/orders", order_body()).get_json()
    assert [line["sku"] for line in order["lines"]] == ["LITE-10"]
    with tx() as session:
        found = find_cart(session, party.id, None)
        assert found is not None
        assert [line.sku for line in contents(session, found).lines] == ["LITE-1"]


def test_a_quote_and_the_order_made_of_it_agree_to_the_cent(client: FlaskClient, tx: Transact) -> None:
    studio = _studio(client, tx)
    lines = [{"sku": "LITE-1", "quantity": 12}, {"sku": "LITE-10", "quantity": 3}]
    quote = studio.post("/quotes", {"lines": lines}, key=None).get_json()
    order = studio.post("/orders", order_body(lines=lines, expected_gross_cents=quote["gross_cents"])).get_json()
    assert quote["orderable"]
    assert [line["sku"] for line in order["lines"]] == ["LITE-1", "LITE-10"]
    for name in ("net_cents", "vat_cents", "gross_cents", "price_book_version", "vat"):
        assert order[name] == quote[name], name
    assert sum(line["net_cents"] for line in quote["lines"]) == quote["net_cents"]
    assert quote["net_cents"] + quote["vat_cents"] == quote["gross_cents"]


def test_a_quote_answers_every_line_with_every_reason_against_it(client: FlaskClient, tx: Transact) -> None:
    studio = _studio(client, tx)
    offers = studio.get("/catalogue").get_json()["items"]
    refused = [offer for offer in offers if not offer["buyable"]]
    lines = [{"sku": "LITE-1", "quantity": 1}, {"sku": refused[0]["sku"], "quantity": 1}]
    quote = studio.post("/quotes", {"lines": lines}, key=None).get_json()
    assert not quote["orderable"]
    assert quote["lines"][0]["refusals"] == []
    assert quote["lines"][1]["refusals"] == refused[0]["refusals"]
    answer = studio.post("/orders", order_body(lines=lines))
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/not-orderable")
    codes = {refusal["code"] for refusal in refused[0]["refusals"]}
    assert {refusal["code"] for refusal in answer.get_json()["refusals"]} == codes


def test_a_company_buys_for_itself(client: FlaskClient, tx: Transact) -> None:
    a_stocked_studio(tx)
    with tx() as session:
        company = a_studio(session, kind="COMPANY")
    call = caller(client, "company", company.id)
    bought = [offer["sku"] for offer in call.get("/catalogue").get_json()["items"] if offer["buyable"]]
    answer = call.post("/orders", order_body(lines=[{"sku": bought[0], "quantity": 1}]))
    assert answer.status_code == 201, answer.get_json()
    assert call.post("/orders", order_body()).get_json()["type"] == "/problems/not-orderable"


def test_store_credit_is_shown_in_a_quote_and_pays_a_part_or_the_whole_of_an_order(
    client: FlaskClient, tx: Transact
) -> None:
    party = a_stocked_studio(tx)
    studio = caller(client, "studio", party.id)
    credit_of(tx, party, 60_000)
    lines = order_body()["lines"]
    assert studio.post("/quotes", {"lines": lines}, key=None).get_json()["store_credit_cents"] == 60_000
    whole = studio.post("/orders", order_body(use_store_credit=True)).get_json()
    assert (whole["state"], whole["paid_cents"]) == ("FULFILLED", whole["gross_cents"])
    part = studio.post("/orders", order_body(use_store_credit=True)).get_json()
    assert (part["state"], part["paid_cents"]) == ("AWAITING_PAYMENT", 60_000 - whole["gross_cents"])
    assert part["bank_transfer"]["amount_cents"] == part["gross_cents"] - part["paid_cents"]
    kept = studio.post("/orders", order_body()).get_json()
    assert kept["paid_cents"] == 0


def test_a_program_pays_an_order_again_or_in_another_way_as_a_person_does(
    client: FlaskClient, tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    studio = _studio(client, tx)
    order = studio.post("/orders", order_body(payment_method="stripe")).get_json()
    path = f"/orders/{order['number']}/pay"
    assert studio.post(path, {"payment_method": "stripe"}).get_json()["checkout_url"] == order["checkout_url"]
    moved = studio.post(path, {"payment_method": "bank_transfer"}).get_json()
    assert moved["bank_transfer"]["amount_cents"] == order["gross_cents"]
    assert moved["checkout_url"] is None
    run_jobs()
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    assert [one["status"] for one in gateway.objects.values() if one["object"] == "checkout.session"] == ["expired"]
    again = studio.post(path, {"payment_method": "stripe"}).get_json()
    assert again["checkout_url"] not in {None, order["checkout_url"]}
    assert studio.post(path, {"payment_method": "cash"}).status_code == 422
    studio.post(f"/orders/{order['number']}/cancel")
    refused = studio.post(path, {"payment_method": "bank_transfer"})
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/not-payable")
    assert refused.get_json()["state"] == "CANCELLED"
