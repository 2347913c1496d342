"""Rules between the values of a catalogue: codes that exist and are not repeated, prices that follow one another."""

from collections.abc import Collection, Iterator
from typing import Any

from foundation.database import JsonObject
from pricing import Money
from shop.catalogue.mistakes import Spot
from shop.catalogue.readers import shown
from shop.catalogue.schema import GIVES_BY_KIND, SERVICE_KINDS
from shop.catalogue.toml_lines import line_for


def apply_rules(top: Spot, catalogue: JsonObject) -> None:
    """Report what no single value shows. The catalogue may lack whatever was refused before."""
    known = {
        key: repeated_codes(top.at(key), members(catalogue.get(key)), name)
        for key, name in (
            ("vat", "code"),
            ("family", "code"),
            ("coupon_type", "code"),
            ("agreement", "code"),
            ("product", "sku"),
        )
    }
    for place, rate in members(catalogue.get("vat")):
        _check_nature(top.at("vat").at(place), rate)
    products = list(members(catalogue.get("product")))
    bases = {str(product.get("sku")) for _, product in products if product.get("kind") == "base_service"}
    for place, product in products:
        spot = top.at("product").at(place)
        _check_codes(spot, product, known)
        _check_named_products(spot, product, known["product"], bases)
        _check_gives(spot, product)
        _check_service(spot, product)
        _check_prices(spot, product, str(catalogue.get("valid_from", "")))


def members(value: Any) -> Iterator[tuple[int, JsonObject]]:  # noqa: ANN401 - whatever a file holds at this place
    """The tables of an array with their places, without those that could not be read."""
    for place, member in enumerate(value if isinstance(value, list) else ()):
        if isinstance(member, dict):
            yield place, member


def repeated_codes(spot: Spot, tables: Iterator[tuple[int, JsonObject]], key: str) -> tuple[str, ...]:
    """Report codes given twice; answer all codes in the order of the file."""
    first: dict[str, Spot] = {}
    for place, member in tables:
        here = spot.at(place).at(key)
        if key not in member:
            continue
        if member[key] in first:
            line = line_for(spot.report.lines, first[member[key]].path)
            here.refuse("repeated_code", written=member[key], first=line)
        first.setdefault(member[key], here)
    return tuple(first)


def _check_nature(spot: Spot, rate: JsonObject) -> None:
    if rate.get("basis_points") == 0 and "nature" not in rate:
        spot.refuse("vat_without_nature")
    if rate.get("basis_points", 0) > 0 and "nature" in rate:
        spot.at("nature").refuse("vat_with_nature")


def _check_codes(spot: Spot, product: JsonObject, known: dict[str, tuple[str, ...]]) -> None:
    _check_code(spot.at("vat"), product.get("vat"), known["vat"], "unknown_vat")
    _check_code(spot.at("family"), product.get("family"), known["family"], "unknown_family")
    coupon_type = product.get("gives", {}).get("coupon_type")
    _check_code(spot.at("gives").at("coupon_type"), coupon_type, known["coupon_type"], "unknown_coupon_type")


def _check_code(spot: Spot, written: object, known: Collection[str], mistake: str) -> None:
    if written is not None and written not in known:
        spot.refuse(mistake, written=shown(written), known=", ".join(known) or "—")


def _check_named_products(spot: Spot, product: JsonObject, skus: Collection[str], bases: Collection[str]) -> None:
    for key in ("requires", "available_for"):
        named = product.get(key, ())
        for place, sku in enumerate(named):
            here = spot.at(key).at(place)
            if not isinstance(sku, str):
                continue
            if sku == product.get("sku"):
                here.refuse("names_itself")
            elif sku not in skus:
                here.refuse("unknown_sku", written=sku)
            elif key == "available_for" and sku not in bases:
                here.refuse("not_a_base_service", written=sku)


def _check_gives(spot: Spot, product: JsonObject) -> None:
    kind, gives = product.get("kind"), product.get("gives", {}).get("kind")
    if gives is None or kind is None:
        return
    if gives not in GIVES_BY_KIND[kind]:
        known = ", ".join(GIVES_BY_KIND[kind])
        spot.at("gives").at("kind").refuse("gives_does_not_fit", kind=kind, written=gives, known=known)


def _check_service(spot: Spot, product: JsonObject) -> None:
    """What only a service that runs for a term can have; steps name earlier steps of the same product."""
    if product.get("kind") not in (None, *SERVICE_KINDS):
        for key in ("setup", "notice", "max_years", "off_policy", "proration_mode"):
            if key in product:
                spot.at(key).refuse("services_only", kind=product["kind"])
        return
    steps = repeated_codes(spot.at("setup"), members(product.get("setup")), "code")
    for place, step in members(product.get("setup")):
        if "after" in step and step["after"] not in steps[:place]:
            known = ", ".join(steps[:place]) or "—"
            spot.at("setup").at(place).at("after").refuse("step_not_earlier", written=step["after"], known=known)


def _check_prices(spot: Spot, product: JsonObject, valid_from: str) -> None:
    _check_tiers(spot, product)
    previous = valid_from
    for place, price in members(product.get("prices")):
        here = spot.at("prices").at(place)
        _check_tiers(here, price)
        day = price.get("valid_from", previous)
        if "valid_from" in price and day <= previous:
            here.at("valid_from").refuse("price_day_not_later", written=day, previous=previous)
        previous = max(previous, day)


def _check_tiers(spot: Spot, price: JsonObject) -> None:
    start, net = 1, price.get("net")
    for place, tier in members(price.get("tiers")):
        here = spot.at("tiers").at(place)
        if tier.get("from", start + 1) <= start:
            here.at("from").refuse("tier_not_increasing", written=tier["from"], previous=start)
        if net and "net" in tier and Money.from_text(tier["net"]) > Money.from_text(net):
            here.at("net").refuse("tier_dearer", written=tier["net"], previous=net)
        start, net = max(start, tier.get("from", start)), tier.get("net", net)
