"""A studio's pool (D20): its companies draw from it and see it; another studio that follows them does not (M5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import give_back_recovered, recover_unused
from entitlements.links import Cause, link_studio, set_payer
from entitlements.packs import PACK_STATES
from foundation import clock
from foundation.ids import new_id
from shop import Order
from shop.orders.order_book import lines_of
from tests.api.caller import Caller, caller
from tests.browsing import visit
from tests.factories import a_studio, a_user
from tests.flows.service_shop import Shop
from tests.signing import sign_in

Advance = Callable[[timedelta], None]
POOL = {"sku": "INVOICES-100", "quantity": 1}


@pytest.fixture
def second_studio(shop: Shop) -> UUID:
    """Another studio that follows the company of the shop and does not pay for it."""
    with shop.tx() as session:
        other = a_studio(session, tax_code="12345678903", name="Altro Studio")
        link_studio(session, other.id, shop.company_id, Cause("correction", new_id()))
    return other.id


def test_a_studio_that_does_not_pay_reads_nothing_of_the_pool_of_the_studio_that_does(
    shop: Shop, second_studio: UUID
) -> None:
    shop.buy(POOL)
    told = rights_told(shop, api_of(shop, "studio", second_studio))
    assert (told["payer"]["party_id"], told["packs"], told["balances"]["documents"]) == (None, [], 0)
    page = f"/aziende/{shop.company_id}"
    assert "Pacchetti e credito" not in page_of(shop, second_studio, "owner", page)
    for reader in (api_of(shop, "company", shop.company_id), api_of(shop, "product"), shop.api):
        assert rights_told(shop, reader)["balances"]["documents"] == 100
    assert "dello studio" in page_of(shop, shop.studio_id, "owner", page)


def test_a_studio_reads_the_packs_of_a_company_it_follows_whoever_pays(shop: Shop, second_studio: UUID) -> None:
    shop.buy({**POOL, "for_company": str(shop.company_id)})
    told = rights_told(shop, api_of(shop, "studio", second_studio))
    assert [(pack["holder"], pack["balance"]) for pack in told["packs"]] == [("COMPANY", 100)]


def test_a_new_payer_reads_nothing_of_the_pool_of_the_one_before_it(
    shop: Shop, second_studio: UUID, advance: Advance
) -> None:
    shop.buy(POOL)
    advance(timedelta(hours=1))
    before = clock.now()
    advance(timedelta(hours=1))
    with shop.tx() as session:
        set_payer(session, shop.company_id, second_studio, "STUDIO", Cause("correction", new_id()))
    api = api_of(shop, "studio", second_studio)
    assert rights_told(shop, api, at=before.isoformat())["packs"] == []
    assert rights_told(shop, shop.api, at=before.isoformat())["balances"]["documents"] == 100


def test_a_company_sees_on_its_page_the_pool_it_may_use_as_the_api_tells_it(shop: Shop) -> None:
    assert "Nessun pacchetto in corso" in page_of(shop, shop.company_id, "owner", "/pacchetti")
    shop.buy(POOL)
    page = page_of(shop, shop.company_id, "owner", "/pacchetti")
    assert "Fatture elettroniche 100" in page
    assert "Lo studio, per tutte le aziende 100 100" in page
    told = rights_told(shop, api_of(shop, "company", shop.company_id))
    assert told["balances"]["documents"] == 100


def test_what_a_refund_took_back_of_a_pack_is_called_taken_back_not_used_up(shop: Shop) -> None:
    order = shop.buy(POOL)
    why = Cause("refund", new_id())
    with shop.tx() as session:
        found = session.scalars(select(Order).where(Order.number == order["number"])).one()
        line = lines_of(session, found.id)[0]
        recover_unused(session, "order_line", {line.id: line.net_cents}, why)
    pages = {state: page_of(shop, shop.studio_id, "owner", f"/pacchetti?state={state}") for state in PACK_STATES}
    assert [state for state, page in pages.items() if "Lo studio, per tutte le aziende 0 100" in page] == ["RECOVERED"]
    assert pages["RECOVERED"].count("Ritirato") == 1
    with shop.tx() as session:
        give_back_recovered(session, why)
    assert "Lo studio, per tutte le aziende 100 100" in page_of(shop, shop.studio_id, "owner", "/pacchetti")


def api_of(shop: Shop, role: str, party_id: UUID | None = None) -> Caller:
    return caller(shop.client.application.test_client(), role, party_id)


def rights_told(shop: Shop, api: Caller, **asked: str) -> dict[str, Any]:
    answer = api.get(f"/companies/{shop.company_id}/entitlements", **asked)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.get_json()
    return document


def page_of(shop: Shop, party_id: UUID, role: str, address: str) -> str:
    """What somebody of a party reads at an address."""
    with shop.tx() as session:
        user = a_user(session, party_id, role)
    browser = shop.client.application.test_client()
    sign_in(browser, user)
    return visit(browser, address).text
