from datetime import date

import pytest

from entitlements.grants import GRANT_KINDS
from pricing import ExtensionScope, Money, OffPolicy, Tier, VatRate
from shop.catalogue import UnknownProduct
from tests.shop.catalogue.texts import BASE_AND_MODULE, DEMO, SMALL, changed, product_in, view_on

DEMO_TEXT = DEMO.read_text(encoding="utf-8")
NEXT_PRICES = """\
[[product.prices]]
valid_from = 2026-09-01
net = "55.00"
tiers = [{ from = 10, net = "51.00" }]
[[product.prices]]
valid_from = 2027-01-01
net = "60.00"
"""
WITH_NEXT_PRICES = changed('[[product]]\nsku = "CREDIT-50"', f'{NEXT_PRICES}\n[[product]]\nsku = "CREDIT-50"')


@pytest.mark.parametrize(
    ("on", "first", "tenth"),
    [
        (date(2026, 8, 31), 4900, 4500),
        (date(2026, 9, 1), 5500, 5100),
        (date(2026, 12, 31), 5500, 5100),
        (date(2027, 1, 1), 6000, 6000),
    ],
)
def test_a_price_holds_from_its_day_with_its_own_tiers(on: date, first: int, tenth: int) -> None:
    tiers = product_in(WITH_NEXT_PRICES, "LITE-1", on).tiers
    assert (tiers.unit_price(1).cents, tiers.unit_price(10).cents) == (first, tenth)


def test_a_product_is_read_with_everything_its_file_says() -> None:
    product = product_in(SMALL, "LITE-1")
    assert product.kind == "coupon_pack"
    assert product.family.name("en") == "Accounting"
    assert product.vat == VatRate("IVA22", 2200, None, "IVA 22%")
    assert product.tiers.tiers == (Tier(1, Money(4900)), Tier(10, Money(4500)), Tier(50, Money(4100)))
    assert (product.units, product.position) == (1, 1)
    assert product.coupon_type is not None
    assert product.coupon_type.code == "LITE"


def test_a_name_in_an_unknown_language_is_italian() -> None:
    product = product_in(SMALL, "LITE-1")
    assert [product.name(locale) for locale in ("it", "en", "fr")] == ["Coupon LITE", "LITE coupon", "Coupon LITE"]


def test_what_a_product_gives_carries_its_family_and_is_nobody_elses_to_change() -> None:
    product = product_in(SMALL, "LITE-1")
    product.gives["units"] = 99
    assert product.gives["units"] == 1
    assert product.gives["family"] == "ACCOUNTING"


def test_a_product_nobody_knows_is_refused_by_its_sku() -> None:
    with pytest.raises(UnknownProduct) as refused:
        view_on(date(2026, 3, 1)).product("GHOST")
    assert refused.value.sku == "GHOST"


def test_a_product_that_says_nothing_follows_the_usual_rules() -> None:
    rules = product_in(SMALL + BASE_AND_MODULE, "MODULE").rules
    assert (rules.off_policy, rules.expiry_display) == (OffPolicy.TRUNCATE, "LAST_DAY")
    assert (rules.requires, rules.available_for) == (("CREDIT-50",), ("BASE",))
    assert view_on(date(2026, 3, 1)).extension_scope is ExtensionScope.ALL_ACTIVE


def test_a_service_carries_its_steps_and_its_warning_into_the_licence() -> None:
    view = view_on(date(2026, 3, 1), DEMO_TEXT)
    collections = view.product("MODULE-COLLECTIONS").gives
    assert collections["off_policy"] == "TRUNCATE"
    assert [(step["code"], step["kind"], step.get("after")) for step in collections["setup"]] == [
        ("PAIRING", "REQUIRED", None),
        ("GUIDED_ACTIVATION", "REQUIRED", "PAIRING"),
    ]
    assert "codice destinatario" in view.product("MODULE-ORDERS").gives["notice"]["it"]
    assert "setup" not in view.product("EINVOICING-SEAT").gives
    assert "off_policy" not in view.product("LITE-1").gives


def test_a_renewal_may_be_as_long_as_the_product_says_and_ten_years_when_it_is_silent() -> None:
    text = changed("sold = false", "sold = false\nmax_years = 2", SMALL + BASE_AND_MODULE)
    assert product_in(text, "BASE").rules.maximum_years == 2
    assert product_in(text, "MODULE").rules.maximum_years == 10


def test_everything_the_demo_sells_can_be_delivered() -> None:
    sold = [product for product in view_on(date(2026, 3, 1), DEMO_TEXT).products if product.rules.sold]
    assert {product.gives["kind"] for product in sold} <= GRANT_KINDS
    assert len(sold) == 27


def test_the_demo_has_several_coupon_packs_of_every_type() -> None:
    packs = [product for product in view_on(date(2026, 3, 1), DEMO_TEXT).products if product.kind == "coupon_pack"]
    sizes = {(product.gives["coupon_type"], product.units) for product in packs}
    assert sizes == {(kind, units) for kind in ("LITE", "ORDINARY", "CORPORATE") for units in (1, 10, 50)}


def test_the_demo_sells_invoice_packs_that_end_on_31_december() -> None:
    packs = [product for product in view_on(date(2026, 3, 1), DEMO_TEXT).products if product.kind == "invoice_pack"]
    assert [(pack.units, pack.gives["ends"]) for pack in packs] == [
        (100, "31 December"),
        (1_000, "31 December"),
        (10_000, "31 December"),
    ]


def test_prepaid_credit_is_worth_what_it_costs_before_vat() -> None:
    credit = [product for product in view_on(date(2026, 3, 1), DEMO_TEXT).products if product.kind == "credit"]
    assert [product.units for product in credit] == [5_000, 10_000, 25_000]
    assert all(product.tiers.unit_price(1).cents == product.units for product in credit)


def test_woocommerce_needs_documents_and_no_module_is_for_receive_only() -> None:
    view = view_on(date(2026, 3, 1), DEMO_TEXT)
    assert view.product("MODULE-WOOCOMMERCE").rules.requires == ("MODULE-DOCUMENTS",)
    modules = [product for product in view.products if product.kind == "addon"]
    assert len(modules) == 4
    assert all(module.rules.available_for == ("EINVOICING-FULL",) for module in modules)
    assert "EINVOICING-RECEIVE-ONLY" in view.product("EINVOICING-SEAT").rules.available_for
