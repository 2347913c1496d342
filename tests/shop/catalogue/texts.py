"""A small catalogue as text, to change one thing at a time, and random valid ones."""

from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from shop.catalogue import Catalogue, Mistake, PriceBookView, Product, check_catalogue, view_of
from shop.catalogue.schema import MAXIMUM_COUPONS

DEMO = Path(__file__).resolve().parents[3] / "shop" / "demo_catalogue.toml"

SMALL = """\
valid_from = 2026-01-01

[[vat]]
code = "IVA22"
basis_points = 2200
description = "IVA 22%"

[[family]]
code = "ACCOUNTING"
it = "Contabilità"
en = "Accounting"

[[coupon_type]]
code = "LITE"
it = "LITE"
en = "LITE"

[[product]]
sku = "LITE-1"
family = "ACCOUNTING"
kind = "coupon_pack"
name = { it = "Coupon LITE", en = "LITE coupon" }
description = { it = "Un coupon.", en = "One coupon." }
net = "49.00"
tiers = [
  { from = 10, net = "45.00" },
  { from = 50, net = "41.00" },
]
vat = "IVA22"
[product.gives]
kind = "coupons"
units = 1
coupon_type = "LITE"
code_prefix = "LTE"
product = "LITE"
plan = "LITE"
term = "12 months"

[[product]]
sku = "CREDIT-50"
family = "ACCOUNTING"
kind = "credit"
name = { it = "Credito 50 €", en = "Credit €50" }
description = { it = "Credito.", en = "Credit." }
net = "50.00"
vat = "IVA22"
[product.gives]
kind = "credit_cents"
units = 5000
"""

BASE_AND_MODULE = """
[[product]]
sku = "BASE"
family = "ACCOUNTING"
kind = "base_service"
name = { it = "Base", en = "Base" }
description = { it = "Base.", en = "Base." }
sold = false
net = "29.90"
vat = "IVA22"
[product.gives]
kind = "licence"
product = "BASE"
plan = "FULL"
term = "12 months"

[[product]]
sku = "MODULE"
family = "ACCOUNTING"
kind = "addon"
name = { it = "Modulo", en = "Module" }
description = { it = "Modulo.", en = "Module." }
sold = false
net = "15.00"
vat = "IVA22"
requires = ["CREDIT-50"]
available_for = ["BASE"]
[product.gives]
kind = "licence"
product = "MODULE"
plan = "STANDARD"
term = "12 months"
"""


def line_of(text: str, part: str, occurrence: int = 1) -> int:
    """The line on which `part` stands for the n-th time."""
    lines = [number for number, line in enumerate(text.split("\n"), start=1) if part in line]
    return lines[occurrence - 1]


def changed(old: str, new: str, text: str = SMALL) -> str:
    """The text with its first `old` replaced; `old` must be there."""
    assert old in text, old
    return text.replace(old, new, 1)


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    """What is wrong with a text."""
    return check_catalogue(text).mistakes


def catalogue_of(text: str) -> Catalogue:
    """The catalogue of a text that must be right."""
    checked = check_catalogue(text)
    assert checked.catalogue is not None, [str(mistake) for mistake in checked.mistakes]
    return checked.catalogue


def view_on(on: date, text: str = SMALL) -> PriceBookView:
    """A text as the price book of a day."""
    return view_of(1, catalogue_of(text).document, on)


def product_in(text: str, sku: str, on: date = date(2026, 3, 1)) -> Product:
    """One product of a text."""
    return view_on(on, text).product(sku)


words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
names = st.fixed_dictionaries({"it": words, "en": words})
prices = st.integers(1, 1_000_000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@st.composite
def price_tables(draw: st.DrawFn) -> dict[str, Any]:
    """A net price and tiers that never grow dearer."""
    nets = sorted(draw(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=4)), reverse=True)
    starts = sorted(draw(st.sets(st.integers(2, 100_000), min_size=len(nets), max_size=len(nets))))
    written = [f"{cents // 100}.{cents % 100:02d}" for cents in nets]
    tiers = [{"from": start, "net": net} for start, net in zip(starts, written[1:], strict=False)]
    return {"net": written[0], **({"tiers": tiers} if tiers else {})}


def _coupons(draw: st.DrawFn) -> dict[str, Any]:
    gives = {
        "kind": "coupons",
        "units": draw(st.integers(1, MAXIMUM_COUPONS)),
        "coupon_type": "TYPE",
        "code_prefix": draw(st.from_regex(r"[A-Z]{2,4}", fullmatch=True)),
        "product": "THING",
        "plan": "PLAN",
        "term": draw(st.sampled_from(["12 months", "31 December"])),
    }
    limits = draw(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.integers(0, 9_000)))
    return gives | ({"limits": dict(list(limits.items())[:20])} if limits else {})


def _documents(draw: st.DrawFn) -> dict[str, Any]:
    ends = draw(st.sampled_from(["never", "31 December", "6 months"]))
    return {"kind": "documents", "units": draw(st.integers(1, 10**9)), "ends": ends}


@st.composite
def products(draw: st.DrawFn, sku: str) -> dict[str, Any]:
    """A product of a random kind that is on sale."""
    coupons = draw(st.booleans())
    days = sorted(draw(st.sets(st.dates(date(2027, 1, 2), date(2040, 1, 1)), max_size=3)))
    future = [{"valid_from": day.isoformat(), **draw(price_tables())} for day in days]
    return {
        "sku": sku,
        "family": "FAMILY",
        "kind": "coupon_pack" if coupons else "invoice_pack",
        "name": draw(names),
        "description": draw(names),
        **draw(price_tables()),
        "vat": draw(st.sampled_from(["IVA22", "EXEMPT"])),
        "gives": _coupons(draw) if coupons else _documents(draw),
        **({"prices": future} if future else {}),
        **({"sold": draw(st.booleans())} if draw(st.booleans()) else {}),
    }


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole random catalogue without a mistake, as the document a file is read to."""
    skus = draw(
        st.lists(st.from_regex(r"[A-Z0-9][A-Z0-9_-]{0,9}", fullmatch=True), unique=True, min_size=1, max_size=5)
    )
    return {
        "valid_from": draw(st.dates(date(2025, 1, 1), date(2027, 1, 1))).isoformat(),
        "note": draw(words),
        "vat": [
            {"code": "IVA22", "basis_points": 2200, "description": draw(words)},
            {"code": "EXEMPT", "basis_points": 0, "description": draw(words), "nature": "N4"},
        ],
        "family": [{"code": "FAMILY", **draw(names)}],
        "coupon_type": [{"code": "TYPE", **draw(names), "description": draw(names)}],
        "product": [draw(products(sku)) for sku in skus],
    }
