from datetime import date
from typing import Any

from hypothesis import given, settings

from pricing import Money
from shop.catalogue import catalogue_to_toml, check_catalogue, view_of
from tests.shop.catalogue.texts import DEMO, catalogue_of, documents


@given(documents())
def test_an_exported_catalogue_is_read_back_as_it_was(document: dict[str, Any]) -> None:
    checked = check_catalogue(catalogue_to_toml(document))
    assert checked.mistakes == ()
    assert checked.catalogue is not None
    assert checked.catalogue.document == document


@given(documents())
@settings(max_examples=40)
def test_what_is_exported_twice_is_the_same_text(document: dict[str, Any]) -> None:
    written = catalogue_to_toml(document)
    assert catalogue_to_toml(catalogue_of(written).document) == written


@given(documents())
@settings(max_examples=40)
def test_every_checked_catalogue_can_be_priced(document: dict[str, Any]) -> None:
    view = view_of(1, catalogue_of(catalogue_to_toml(document)).document, date(2030, 6, 1))
    assert [product.sku for product in view.products] == [product["sku"] for product in document["product"]]
    assert all(product.tiers.unit_price(100_000) >= Money(1) for product in view.products)


def test_the_demo_catalogue_survives_an_export() -> None:
    demo = catalogue_of(DEMO.read_text(encoding="utf-8"))
    assert catalogue_of(catalogue_to_toml(demo.document)).sha256 == demo.sha256
