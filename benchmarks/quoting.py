"""Quotes of add-on services: carts of one, ten and a hundred lines, each company's extension worked out both ways."""

import json
import time
from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from benchmarks.processes import ROOT
from entitlements import RunningService, RunningServices
from pricing import add_months
from shop import (
    BuyerFacts,
    Companies,
    CompanyServices,
    PriceBookView,
    Product,
    WantedLine,
    check_catalogue,
    price_lines,
    view_of,
)

LENGTHS = (1, 10, 100)
LINES_OF_A_COMPANY = 5
_TODAY = date(2026, 9, 15)


def carts(count: int) -> dict[str, float]:
    """Carts priced per second of CPU, by how many lines were asked for: with refusals, formulas and end dates."""
    book = demo_book()
    found = {}
    for length in LENGTHS:
        lines, companies = _cart(book, length)
        times = max(2, count // length)
        began = time.process_time()
        for _ in range(times):
            price_lines(book, lines, BuyerFacts("STUDIO"), companies)
        found[f"cart of {length} rate"] = times / (time.process_time() - began)
    return found


def asked_over_the_api(length: int, company_ids: Sequence[UUID]) -> bytes:
    """What a program sends to have so many lines quoted: for each company a base with its modules and seats."""
    base, added = services_sold(demo_book())
    skus = (base.sku, *added)[:LINES_OF_A_COMPANY]
    lines = [{"sku": sku, "quantity": 1, "for_company": str(one)} for one in company_ids for sku in skus]
    return json.dumps({"lines": lines[:length]}).encode()


def services_sold(book: PriceBookView) -> tuple[Product, list[str]]:
    """A base service, and what can be added to it."""
    base = next(product for product in book.products if product.kind == "base_service")
    return base, [product.sku for product in book.products if base.sku in product.rules.available_for]


def demo_book() -> PriceBookView:
    """The catalogue of the demo, as a price book."""
    checked = check_catalogue((ROOT / "shop" / "demo_catalogue.toml").read_text(encoding="utf-8"))
    if checked.catalogue is None:
        raise ValueError(checked.mistakes)
    return view_of(1, checked.catalogue.document, _TODAY)


def _cart(book: PriceBookView, length: int) -> tuple[list[WantedLine], Companies]:
    """Modules and seats for as many companies as it takes, each with half a year left of its base."""
    base, added = services_sold(book)
    companies: dict[UUID, CompanyServices] = {}
    lines: list[WantedLine] = []
    while len(lines) < length:
        company_id = uuid4()
        ends_on = add_months(_TODAY, 6)
        running = RunningService(
            licence_id=uuid4(),
            sku=base.sku,
            kind=base.kind,
            quantity=1,
            unit_net_cents=base.tiers.unit_price(1).cents,
            vat_code=base.vat.code,
            price_book_version=1,
            anchor_on=add_months(ends_on, -12),
            ends_on=ends_on,
        )
        companies[company_id] = CompanyServices(company_id, _TODAY, RunningServices(running, "ACTIVE", ()))
        wanted = added[: min(LINES_OF_A_COMPANY, length - len(lines))]
        lines += [WantedLine(sku, 1, company_id) for sku in wanted]
    return lines, companies
