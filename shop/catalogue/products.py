"""Products as a price book holds them on one day: immutable values, read from the definitions of the file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from foundation.database import JsonObject
from pricing import MAXIMUM_YEARS, Money, OffPolicy, ProrationMode, Tier, TierTable, VatRate

ITALIAN = "it"
_MOST_PACKS = 1_000
"""Packs of one line when the product does not say."""

_ONE_OF_EACH = frozenset({"base_service", "addon"})
"""Kinds of which a company has one at most, so that a line holds one."""

LOTS = frozenset({"seats", "storage"})
"""Kinds bought by quantity; what is bought later is a lot of its own (F004-10, F004-27)."""

SERVICES = _ONE_OF_EACH | LOTS
"""Kinds that run for a term for one company, priced by the year (F004-01 to F004-04)."""


@dataclass(frozen=True, slots=True)
class Label:
    """A code of the catalogue with its names and, perhaps, descriptions, by language."""

    code: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]

    def name(self, locale: str = ITALIAN) -> str:
        """The name in a language, or in Italian."""
        return self.names.get(locale, self.names[ITALIAN])

    def description(self, locale: str = ITALIAN) -> str:
        """The description in a language, or in Italian, or nothing."""
        return self.descriptions.get(locale, self.descriptions.get(ITALIAN, ""))


@dataclass(frozen=True, slots=True)
class ProductRules:
    """Who may buy a product, with what else, and how its term behaves (D1, D3, D4).

    `buyers` empty means anybody; `available_for` names base services, one of which must be active; `requires` names
    products that must be held or bought together; `eligibility` is a fact the buyer must have; `maximum_years` limits
    one renewal (F004-22).
    """

    sold: bool
    buyers: tuple[str, ...]
    maximum_quantity: int
    requires: tuple[str, ...]
    available_for: tuple[str, ...]
    eligibility: str | None
    off_policy: OffPolicy
    proration_mode: ProrationMode
    expiry_display: str
    maximum_years: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product on one day. `tiers` are volume tiers on the number of packs (M13); each pack mints `units`."""

    sku: str
    position: int
    family: Label
    kind: str
    label: Label
    tiers: TierTable
    vat: VatRate
    units: int
    rules: ProductRules
    coupon_type: Label | None
    gives_text: str

    @property
    def names(self) -> dict[str, str]:
        """Names by language, as an order freezes them."""
        return dict(self.label.names)

    @property
    def gives(self) -> JsonObject:
        """What one pack gives, as `entitlements` grants it: a fresh copy each time, an order may keep it."""
        gives: JsonObject = json.loads(self.gives_text)
        return gives

    @property
    def gives_shared(self) -> JsonObject:
        """The same, one for all: for reading, and for whoever copies it before keeping it."""
        return _read_once(self.gives_text)

    @property
    def storage_gb(self) -> int:
        """The gigabytes one unit of it gives (F004-27)."""
        return int(self.gives_shared.get("limits", {}).get("storage_gb", 0))

    @property
    def is_service(self) -> bool:
        """Whether it runs for a term for one company."""
        return self.kind in SERVICES

    def name(self, locale: str = ITALIAN) -> str:
        """The name in a language, or in Italian."""
        return self.label.name(locale)

    def description(self, locale: str = ITALIAN) -> str:
        """The description in a language, or in Italian."""
        return self.label.description(locale)


@lru_cache(maxsize=4_000)
def _read_once(gives_text: str) -> JsonObject:
    gives: JsonObject = json.loads(gives_text)
    return gives


def label_of(table: JsonObject) -> Label:
    """A family or a coupon type."""
    return Label(table["code"], _frozen({"it": table["it"], "en": table["en"]}), _frozen(table.get("description", {})))


def rate_of(table: JsonObject) -> VatRate:
    """A VAT rate."""
    return VatRate(table["code"], table["basis_points"], table.get("nature"), table["description"])


@dataclass(frozen=True, slots=True)
class Codes:
    """What the products of one price book refer to by code."""

    families: Mapping[str, Label]
    coupon_types: Mapping[str, Label]
    vat_rates: Mapping[str, VatRate]


def product_of(definition: JsonObject, position: int, codes: Codes, on: date) -> Product:
    """A definition of a checked file as a product with the price in force on the Rome day `on`."""
    gives = {**definition["gives"], "family": definition["family"], **_service(definition)}
    coupon_type = gives.get("coupon_type")
    return Product(
        sku=definition["sku"],
        position=position,
        family=codes.families[definition["family"]],
        kind=definition["kind"],
        label=Label(definition["sku"], _frozen(definition["name"]), _frozen(definition["description"])),
        tiers=_tiers(_price_on(definition, on)),
        vat=codes.vat_rates[definition["vat"]],
        units=gives.get("units", 1),
        rules=_rules(definition),
        coupon_type=None if coupon_type is None else codes.coupon_types[coupon_type],
        gives_text=json.dumps(gives, ensure_ascii=False, sort_keys=True),
    )


def _service(definition: JsonObject) -> JsonObject:
    """What a service carries into its licence: steps after the purchase, a warning (D29), what it may outlast (D1)."""
    return {key: definition[key] for key in ("off_policy", "setup", "notice") if key in definition}


def _price_on(definition: JsonObject, on: date) -> JsonObject:
    """The last of the prices whose day has come, else the product's own."""
    begun = [price for price in definition.get("prices", ()) if date.fromisoformat(price["valid_from"]) <= on]
    price: JsonObject = begun[-1] if begun else definition
    return price


def _tiers(price: JsonObject) -> TierTable:
    first = Tier(1, Money.from_text(price["net"]))
    return TierTable((first, *(Tier(tier["from"], Money.from_text(tier["net"])) for tier in price.get("tiers", ()))))


def _rules(definition: JsonObject) -> ProductRules:
    return ProductRules(
        sold=definition.get("sold", True),
        buyers=tuple(definition.get("buyers", ())),
        maximum_quantity=1 if definition["kind"] in _ONE_OF_EACH else definition.get("max_quantity", _MOST_PACKS),
        requires=tuple(definition.get("requires", ())),
        available_for=tuple(definition.get("available_for", ())),
        eligibility=definition.get("eligibility"),
        off_policy=OffPolicy(definition.get("off_policy", OffPolicy.TRUNCATE)),
        proration_mode=ProrationMode(definition.get("proration_mode", ProrationMode.TELESCOPING)),
        expiry_display=definition.get("expiry_display", "LAST_DAY"),
        maximum_years=definition.get("max_years", MAXIMUM_YEARS),
    )


def _frozen(names: JsonObject) -> Mapping[str, str]:
    return MappingProxyType(dict(names))
