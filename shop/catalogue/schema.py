"""The form of a catalogue file: which keys each table has, and how each value is read."""

from collections.abc import Mapping
from types import MappingProxyType

from pricing import MAXIMUM_QUANTITY, MAXIMUM_YEARS, ExtensionScope, OffPolicy, ProrationMode
from shop.catalogue.mistakes import Spot
from shop.catalogue.readers import (
    Reader,
    accepted,
    code,
    counts,
    day,
    listing,
    months_or,
    one_of,
    price,
    switch,
    table,
    text,
    whole,
)

KINDS = ("coupon_pack", "company_licence", "base_service", "addon", "seats", "storage", "invoice_pack", "credit")
"""Kinds of product, in the order of the glossary."""

SERVICE_KINDS = ("base_service", "addon", "seats", "storage")
"""Kinds that run for a term and are priced by the year (F004-01 to F004-04)."""

BUYERS = ("STUDIO", "COMPANY", "INVITEE")
"""Who may buy: a product without `buyers` is for all; INVITEE is a client whom a studio has invited (F003-14)."""

ELIGIBILITY = ("einvoicing_contract",)
"""Facts that whoever a product is for must have; only these policies are code (M10)."""

EXPIRY_DISPLAYS = ("LAST_DAY", "FIRST_DAY_AFTER")
"""Which day a person reads as the end of a term (D4): the last usable one, or the exclusive one."""

STEP_KINDS = ("REQUIRED", "OPTIONAL")
"""Steps after the purchase (D29): a service waits for a required one, never for an optional one."""

STEP_DOERS = ("COMPANY", "VENDOR")
"""Who says that a step is done: the company by a tick, or the vendor's software by a callback."""

GIVES_BY_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "coupon_pack": ("coupons",),
        "company_licence": ("company",),
        "base_service": ("licence",),
        "addon": ("licence",),
        "seats": ("licence",),
        "storage": ("licence",),
        "invoice_pack": ("documents",),
        "credit": ("credit_cents", "credits"),
    }
)
"""What each kind of product may give."""

MAXIMUM_PRODUCTS = 2_000
_MAXIMUM_CODES = 200
_MAXIMUM_NAME = 120
_MAXIMUM_DESCRIPTION = 600
MAXIMUM_COUPONS = 1_000
"""Coupons one pack may mint."""
_MAXIMUM_UNITS = 1_000_000_000

_SKU = code(r"[A-Z0-9][A-Z0-9_-]{0,39}", "da 1 a 40 lettere maiuscole, cifre, - e _")
_CODE = code(r"[A-Z0-9][A-Z0-9_]{0,39}", "da 1 a 40 lettere maiuscole, cifre e _")
_AGREEMENT = code(r"[A-Z0-9][A-Z0-9-]{2,29}", "da 3 a 30 lettere maiuscole, cifre e -")
_PREFIX = code(r"[A-Z]{2,4}", "da 2 a 4 lettere maiuscole")
_NAMES = table({"it": text(_MAXIMUM_NAME), "en": text(_MAXIMUM_NAME)}, {})
_DESCRIPTIONS = table({"it": text(_MAXIMUM_DESCRIPTION), "en": text(_MAXIMUM_DESCRIPTION)}, {})
_TIERS = listing(table({"from": whole(2, MAXIMUM_QUANTITY), "net": price}, {}), maximum=20)
_SKUS = listing(_SKU, maximum=50)
_SETUP = listing(
    table(
        {
            "code": _CODE,
            "it": text(_MAXIMUM_NAME),
            "en": text(_MAXIMUM_NAME),
            "kind": one_of(STEP_KINDS),
            "by": one_of(STEP_DOERS),
        },
        {"after": _CODE},
    ),
    maximum=20,
)
_COUPON_TERM = one_of(("12 months", "31 December"), "term_unknown")
_LICENCE = {"product": _CODE, "plan": _CODE, "term": _COUPON_TERM}
_ACCESS: Mapping[str, Reader] = {"access_mode": one_of(("FULL", "READ_ONLY")), "limits": counts(20, _MAXIMUM_UNITS)}
_WALLET = table(
    {"kind": one_of(("documents", "credit_cents", "credits")), "units": whole(1, _MAXIMUM_UNITS)},
    {"ends": months_or(("never", "31 December"), maximum=120), "funding": one_of(("PAID", "BONUS"))},
)
_GIVES: Mapping[str, Reader] = {
    "coupons": table(
        {
            "kind": one_of(("coupons",)),
            "units": whole(1, MAXIMUM_COUPONS),
            "coupon_type": _CODE,
            "code_prefix": _PREFIX,
            **_LICENCE,
        },
        {
            **_ACCESS,
            "activate_within_months": whole(1, 120),
            "accounting": one_of(("SIMPLIFIED", "ORDINARY")),
        },
    ),
    "documents": _WALLET,
    "credit_cents": _WALLET,
    "credits": _WALLET,
    "licence": table({"kind": one_of(("licence",)), **_LICENCE}, _ACCESS),
    "company": table(
        {"kind": one_of(("company",)), **_LICENCE}, {**_ACCESS, "accounting": one_of(("SIMPLIFIED", "ORDINARY"))}
    ),
}


def _gives(spot: Spot, value: object) -> object:
    """What one pack gives: its keys depend on its `kind`."""
    if not isinstance(value, dict):
        return spot.refuse("not_a_table")
    if "kind" not in value:
        return spot.refuse("missing", missing="kind")
    kind = one_of(tuple(_GIVES))(spot.at("kind"), value["kind"])
    return _GIVES[str(kind)](spot, value) if accepted(kind) else kind


def tables(member: Reader, maximum: int) -> Reader:
    """An array of tables, `[[key]]`; at least one."""

    def read(spot: Spot, value: object) -> object:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return spot.refuse("not_tables")
        return listing(member, maximum)(spot, value)

    return read


PRODUCT = table(
    {
        "sku": _SKU,
        "family": _CODE,
        "kind": one_of(KINDS),
        "name": _NAMES,
        "description": _DESCRIPTIONS,
        "net": price,
        "vat": _CODE,
        "gives": _gives,
    },
    {
        "tiers": _TIERS,
        "sold": switch,
        "buyers": listing(one_of(BUYERS), maximum=3),
        "max_quantity": whole(1, MAXIMUM_QUANTITY),
        "requires": _SKUS,
        "available_for": _SKUS,
        "eligibility": one_of(ELIGIBILITY),
        "off_policy": one_of(tuple(OffPolicy)),
        "proration_mode": one_of(tuple(ProrationMode)),
        "expiry_display": one_of(EXPIRY_DISPLAYS),
        "max_years": whole(1, MAXIMUM_YEARS),
        "setup": _SETUP,
        "notice": _DESCRIPTIONS,
        "prices": tables(table({"valid_from": day, "net": price}, {"tiers": _TIERS}), maximum=50),
    },
)
"""One product."""

CATALOGUE = table(
    {
        "valid_from": day,
        "vat": tables(
            table(
                {"code": _CODE, "basis_points": whole(0, 10_000), "description": text(_MAXIMUM_NAME)},
                {"nature": code(r"N[1-7](\.[1-9])?", "N1–N7, per esempio N4 o N3.1")},
            ),
            maximum=20,
        ),
        "family": tables(
            table({"code": _CODE, "it": text(_MAXIMUM_NAME), "en": text(_MAXIMUM_NAME)}, {}), _MAXIMUM_CODES
        ),
        "product": tables(PRODUCT, MAXIMUM_PRODUCTS),
    },
    {
        "note": text(2_000),
        "extension_scope": one_of(tuple(ExtensionScope)),
        "agreement": tables(
            table(
                {
                    "code": _AGREEMENT,
                    "it": text(_MAXIMUM_NAME),
                    "en": text(_MAXIMUM_NAME),
                    "basis_points": whole(1, 10_000),
                    "kinds": listing(one_of(KINDS), maximum=len(KINDS)),
                },
                {"last_day": day},
            ),
            _MAXIMUM_CODES,
        ),
        "coupon_type": tables(
            table(
                {"code": _CODE, "it": text(_MAXIMUM_NAME), "en": text(_MAXIMUM_NAME)}, {"description": _DESCRIPTIONS}
            ),
            _MAXIMUM_CODES,
        ),
    },
)
"""A whole file."""
