"""Add-on services (S004): a studio buys services for a company it pays for; what each choice costs, and until when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from entitlements import seating_of
from foundation import clock
from foundation.formats import day
from foundation.mail import MemoryMailer
from pricing import add_months
from shop import Order
from shop.orders.order_book import lines_of
from shop.web.proforma import proforma_values
from tests.addons import until
from tests.api.caller import caller
from tests.browsing import visit
from tests.entitlements.scenes import a_scene
from tests.factories import a_user
from tests.flows.service_shop import BASE, COLLECTIONS, DOCUMENTS, ORDERS, RECEIVE, SEAT, WOO, Shop, months_on
from tests.signing import post, sign_in


def test_without_a_base_service_it_is_bought_in_one_cart_with_its_modules_and_all_end_together(shop: Shop) -> None:
    quote = shop.quote(shop.line(BASE), shop.line(DOCUMENTS), shop.line(WOO), shop.line(SEAT, 2))
    assert quote["extensions"] == []
    assert (quote["net_cents"], quote["vat_cents"], quote["gross_cents"]) == (8970, 1973, 10943)
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(WOO), shop.line(SEAT, 2), expected_gross_cents=10943)
    assert shop.ends() == dict.fromkeys((BASE, DOCUMENTS, WOO, SEAT), months_on(12))
    assert shop.running()[SEAT].quantity == 2


def test_the_extension_is_proposed_with_both_outcomes_and_extends_what_is_active_for_its_missing_months(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    base_ends = shop.ends()[BASE]
    advance(until(add_months(clock.today(), 6)))
    quote = shop.quote(shop.line(DOCUMENTS))
    (choice,) = quote["extensions"]
    assert choice["extend_active_services"]
    assert choice["on"]["gross_cents"] == quote["gross_cents"] == 3654
    assert choice["off"]["gross_cents"] == 1830
    assert choice["off"]["months_forfeited"] == 6
    assert [line["formula"].replace("\u00a0", " ") for line in quote["lines"]] == ["15,00 €", "29,90 € × 6/12"]
    assert {end["last_day"] for end in choice["on"]["ends"]} == {(months_on(12) - timedelta(days=1)).isoformat()}
    assert {end["ends_on"] for end in choice["off"]["ends"]} == {base_ends.isoformat()}

    order = shop.buy(shop.line(DOCUMENTS), expected_gross_cents=3654)
    assert shop.ends() == {BASE: months_on(12), DOCUMENTS: months_on(12)}
    told = shop.api.get(f"/orders/{order['number']}").get_json()["lines"][1]
    assert told["names"]["it"] == "Fatturazione Elettronica: 6 mesi in più"
    assert told["term"]["months"] == 6


def test_without_the_extension_a_module_costs_its_full_price_and_ends_with_the_base(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    base_ends = shop.ends()[BASE]
    advance(until(add_months(clock.today(), 11)))
    quote = shop.quote(shop.line(COLLECTIONS), extend_active_services=False)
    assert (quote["gross_cents"], quote["lines"][0]["months_forfeited"]) == (1830, 11)
    shop.buy(shop.line(COLLECTIONS), extend_active_services=False)
    assert shop.ends() == {BASE: base_ends, COLLECTIONS: base_ends}


def test_what_may_not_be_bought_is_refused_with_its_reason_in_the_quote_and_in_the_order(shop: Shop) -> None:
    assert shop.refused(shop.line(DOCUMENTS)) == {"NOT_AVAILABLE_FOR_SERVICE"}
    shop.buy(shop.line(RECEIVE))
    assert shop.refused(shop.line(DOCUMENTS)) == {"NOT_AVAILABLE_FOR_SERVICE"}
    assert shop.refused(shop.line(BASE)) == {"BASE_ALREADY_ACTIVE"}
    shop.buy(shop.line(SEAT, 3))
    assert shop.running()[SEAT].quantity == 3


def test_woocommerce_goes_only_with_documents(shop: Shop) -> None:
    shop.buy(shop.line(BASE))
    assert shop.refused(shop.line(WOO)) == {"REQUIRES_ANOTHER"}
    shop.buy(shop.line(WOO), shop.line(DOCUMENTS))
    assert shop.ends()[WOO] == shop.ends()[DOCUMENTS]


def test_base_modules_and_seats_are_renewed_together_and_a_module_can_be_dropped(shop: Shop) -> None:
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(COLLECTIONS), shop.line(SEAT, 2))
    now = shop.running()
    kept = [shop.line(sku, now[sku].quantity, now[sku]) for sku in (BASE, DOCUMENTS, SEAT)]
    quote = shop.quote(*kept, years=2)
    assert quote["net_cents"] == 2 * (2990 + 1500 + 1980)
    shop.buy(*kept, years=2)
    assert shop.ends() == {
        BASE: months_on(36),
        DOCUMENTS: months_on(36),
        SEAT: months_on(36),
        COLLECTIONS: months_on(12),
    }


def test_a_renewal_keeps_a_seat_for_everybody_who_sits_until_one_is_freed(shop: Shop) -> None:
    """F004-21: an invited person sits as much as one at work; the company frees the seat, then fewer are renewed."""
    shop.buy(shop.line(BASE), shop.line(SEAT, 3))
    with shop.tx() as session:
        owner = a_user(session, shop.company_id, "owner")
    panel = shop.client.application.test_client()
    sign_in(panel, owner)
    for email in ("anna@example.it", "bruno@example.it"):
        assert post(panel, "/servizi/utenze", fields={"email": email}).status_code == 303
    now = shop.running()

    def renewal(seats: int) -> list[dict[str, Any]]:
        return [shop.line(BASE, 1, now[BASE]), *([shop.line(SEAT, seats, now[SEAT])] if seats else [])]

    assert shop.refused(*renewal(1)) == {"SEATS_IN_USE"}
    assert shop.refused(*renewal(0)) == {"SEATS_IN_USE"}, "left out, they would be taken away just as well"
    assert shop.quote(*renewal(2))["orderable"]
    with shop.tx() as session:
        anna = seating_of(session, shop.company_id).taken[0]
    assert post(panel, f"/servizi/utenze/{anna.id}", fields={"action": "free"}).status_code == 303
    shop.buy(*renewal(1))
    assert shop.running()[BASE].ends_on == months_on(24)


def test_a_base_that_has_ended_is_renewed_from_the_day_it_ended_in_the_cart_that_adds_a_module(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    ended_on = shop.ends()[BASE]
    advance(until(ended_on + timedelta(days=20)))
    base = shop.running()[BASE]
    assert shop.refused(shop.line(DOCUMENTS)) == {"RENEW_BASE_FIRST"}
    quote = shop.quote(shop.line(DOCUMENTS), shop.line(BASE, 1, base))
    assert [line["term"]["action"] for line in quote["lines"]] == ["RENEW", "START", "EXTEND"]
    shop.buy(shop.line(DOCUMENTS), shop.line(BASE, 1, base))
    assert shop.ends() == {BASE: months_on(12), DOCUMENTS: months_on(12)}
    assert add_months(ended_on, 12) < months_on(12)


@pytest.mark.parametrize("quantity", [0, -1, 100_001, 1.5, "3", True, None, 10**30])
def test_a_hostile_quantity_is_refused_before_anything_is_priced(shop: Shop, quantity: object) -> None:
    answer = shop.api.post("/quotes", {"lines": [shop.line(SEAT) | {"quantity": quantity}]})
    assert answer.status_code == 422


def test_a_studio_that_does_not_pay_for_a_company_does_not_buy_its_services(shop: Shop) -> None:
    with shop.tx() as session:
        other = a_scene(session, quantity=1).studio.id
    stranger = caller(shop.client, "studio", other)
    answer = stranger.post("/quotes", {"lines": [shop.line(BASE)]})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["code"] == "unknown_company"


def test_a_company_buys_services_for_itself(shop: Shop) -> None:
    itself = caller(shop.client, "company", shop.company_id)
    quote = itself.post("/quotes", {"lines": [{"sku": BASE, "quantity": 1}]}).get_json()
    assert quote["orderable"]
    assert quote["lines"][0]["for_company"] == str(shop.company_id)
    offers = {item["sku"]: item for item in itself.get("/catalogue").get_json()["items"]}
    assert offers[BASE]["buyable"]
    assert [refusal["code"] for refusal in offers[DOCUMENTS]["refusals"]] == ["NOT_AVAILABLE_FOR_SERVICE"]


def test_the_cart_tells_the_days_of_a_service_line_and_no_other_term(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(shop.ends()[BASE], -1)))
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
    sign_in(shop.client, owner, shop.studio_id)
    page = f"/aziende/{shop.company_id}"
    post(shop.client, f"/carrello{page}/rinnovi")
    post(shop.client, "/carrello/righe", fields={"sku": DOCUMENTS, "quantity": "1", "for_party": str(shop.company_id)})
    cart = visit(shop.client, "/carrello").text
    assert cart.count(f"Dal {day(shop.ends()[BASE])} al") == 1
    assert "12 mesi dal giorno del pagamento" not in cart


def test_order_page_mail_and_paper_say_how_the_price_is_made_as_the_cart_does_with_the_cent_of_its_rounding(
    shop: Shop, advance: Callable[[timedelta], None]
) -> None:
    shop.buy(shop.line(BASE))
    advance(until(add_months(clock.today(), 2)))
    shop.buy(shop.line(DOCUMENTS))
    advance(until(add_months(clock.today(), 1)))
    (quoted,) = [line for line in shop.quote(shop.line(ORDERS))["lines"] if "0,01" in line["formula"]]
    order = shop.order(shop.line(ORDERS), method="bank_transfer")
    shop.jobs()
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
        placed = session.scalars(select(Order).where(Order.number == order["number"])).one()
        lines = lines_of(session, placed.id)
        with shop.client.application.test_request_context():
            paper = [str(line["detail"]) for line in proforma_values(placed, lines, 0)["lines"]]
    sign_in(shop.client, owner, shop.studio_id)
    assert isinstance(shop.outside.mailer, MemoryMailer)
    mail = shop.outside.mailer.messages[-1].get_body(("plain",))
    assert mail is not None
    said = f"1 × {quoted['formula']}".replace("\u00a0", " ")
    for told in (visit(shop.client, f"/ordini/{order['number']}").text, mail.get_content(), "\n".join(paper)):
        assert said in told.replace("\u00a0", " ")
    assert not any("fino al" in detail for detail in paper), "a later payment moves every one of these days"
