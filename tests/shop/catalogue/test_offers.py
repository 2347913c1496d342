from datetime import date
from decimal import Decimal

from pricing import Money
from shop.catalogue import LOCKED, OVERDUE, BuyerFacts, Given, Offer, Refusal, offers_for, refusals
from tests.shop.catalogue.texts import BASE_AND_MODULE, DEMO, SMALL, changed, product_in, view_on

STUDIO = BuyerFacts("STUDIO")
COMPANY = BuyerFacts("COMPANY")
DEMO_TEXT = DEMO.read_text(encoding="utf-8")
WITH_CONTRACT = changed('vat = "IVA22"', 'vat = "IVA22"\nbuyers = ["STUDIO"]\neligibility = "einvoicing_contract"')


def _demo(buyer: BuyerFacts = STUDIO) -> dict[str, Offer]:
    groups = offers_for(view_on(date(2026, 3, 1), DEMO_TEXT), buyer)
    return {offer.product.sku: offer for group in groups for offer in group.offers}


def _codes(found: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in found]


def test_groups_come_in_the_order_of_the_catalogue() -> None:
    groups = offers_for(view_on(date(2026, 3, 1), DEMO_TEXT), STUDIO)
    kinds = ["coupon_pack", "company_licence", "invoice_pack", "credit", "base_service", "addon", "seats", "storage"]
    assert [group.kind for group in groups] == kinds


def test_products_of_one_kind_are_one_group_even_when_the_file_scatters_them() -> None:
    text = SMALL + SMALL[SMALL.index("[[product]]") : SMALL.index('[[product]]\nsku = "CREDIT-50"')].replace(
        "LITE-1", "LITE-2"
    )
    groups = offers_for(view_on(date(2026, 3, 1), text), STUDIO)
    assert [[offer.product.sku for offer in group.offers] for group in groups] == [["LITE-1", "LITE-2"], ["CREDIT-50"]]


def test_a_coupon_type_opens_the_list_of_its_packs() -> None:
    coupons = offers_for(view_on(date(2026, 3, 1), DEMO_TEXT), STUDIO)[0]
    listed = [(kind.coupon_type.code if kind.coupon_type else None, len(kind.offers)) for kind in coupons.by_type]
    assert listed == [("LITE", 3), ("ORDINARY", 3), ("CORPORATE", 3)]


def test_an_offer_shows_net_vat_gross_and_the_price_of_a_unit() -> None:
    offer = _demo()["INVOICES-1000"]
    assert (offer.net, offer.vat, offer.gross) == (Money(6000), Money(1320), Money(7320))
    assert offer.net_per_unit == Decimal("0.0600")


def test_an_offer_shows_every_row_of_its_price_table() -> None:
    rows = [(row.from_quantity, row.to_quantity, row.net.cents, row.gross.cents) for row in _demo()["LITE-1"].tiers]
    assert rows == [(1, 9, 4900, 5978), (10, 49, 4500, 5490), (50, None, 4100, 5002)]


def test_an_offer_says_what_its_coupons_open() -> None:
    assert _demo()["LITE-10"].gives == Given(
        kind="coupons",
        units=10,
        product="LITE",
        plan="LITE",
        access_mode="FULL",
        accounting="SIMPLIFIED",
        limits=(),
        term="12 months",
        ends=None,
        activate_within_months=None,
    )


def test_an_offer_says_when_its_invoices_end() -> None:
    gives = _demo()["INVOICES-100"].gives
    assert (gives.kind, gives.units, gives.ends, gives.term) == ("documents", 100, "31 December", None)


def test_a_product_that_is_not_sold_is_neither_listed_nor_bought() -> None:
    text = SMALL + BASE_AND_MODULE
    listed = {
        offer.product.sku for group in offers_for(view_on(date(2026, 3, 1), text), STUDIO) for offer in group.offers
    }
    assert listed == {"LITE-1", "CREDIT-50"}
    assert _codes(refusals(product_in(text, "BASE"), STUDIO)) == ["NOT_SOLD"]


def test_coupons_are_bought_by_studios_only() -> None:
    assert _codes(_demo(COMPANY)["LITE-1"].refusals) == ["NOT_FOR_COMPANY"]
    assert _demo(STUDIO)["LITE-1"].buyable


def test_a_pack_that_asks_for_the_contract_waits_for_its_signature() -> None:
    signed = BuyerFacts("STUDIO", frozenset({"einvoicing_contract"}))
    assert _codes(_demo()["INVOICES-10000"].refusals) == ["CONTRACT_NOT_SIGNED"]
    assert _demo()["INVOICES-100"].buyable
    assert _demo(signed)["INVOICES-10000"].buyable


def test_every_reason_is_told_and_not_only_the_first() -> None:
    buyer = BuyerFacts("COMPANY", frozenset({LOCKED, OVERDUE}))
    found = refusals(product_in(WITH_CONTRACT, "LITE-1"), buyer)
    assert _codes(found) == ["NOT_FOR_COMPANY", "BUYER_LOCKED", "PAYMENT_OVERDUE", "CONTRACT_NOT_SIGNED"]
    assert all(refusal.sentence.endswith(".") for refusal in found)


def test_a_module_says_which_services_and_products_it_needs() -> None:
    module = product_in(SMALL + BASE_AND_MODULE, "MODULE")
    found = {refusal.code: refusal.skus for refusal in refusals(module, STUDIO)}
    assert found == {"NOT_SOLD": (), "NOT_AVAILABLE_FOR_SERVICE": ("BASE",), "REQUIRES_ANOTHER": ("CREDIT-50",)}


def test_a_module_is_satisfied_by_what_is_held_or_in_the_same_cart() -> None:
    module = product_in(SMALL + BASE_AND_MODULE, "MODULE")
    assert _codes(refusals(module, BuyerFacts("COMPANY", held=frozenset({"BASE", "CREDIT-50"})))) == ["NOT_SOLD"]


def test_more_packs_than_one_order_may_have_are_refused() -> None:
    product = _demo()["LITE-50"].product
    assert refusals(product, STUDIO, 40) == ()
    assert _codes(refusals(product, STUDIO, 41)) == ["TOO_MANY"]
