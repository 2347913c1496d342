"""Offers: what a price book holds for one buyer, with prices, what each gives, and every reason why not (D18)."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from pricing import Money, TierRow, net_per_unit, vat_on
from shop.catalogue.price_book import PriceBookView
from shop.catalogue.products import Label, Product
from shop.catalogue.refusals import BuyerFacts, Refusal, refusals


@dataclass(frozen=True, slots=True)
class OfferTier:
    """A row of the price table: each of `from_quantity` to `to_quantity` packs (None: and more) costs this."""

    from_quantity: int
    to_quantity: int | None
    net: Money
    gross: Money
    net_per_unit: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """One product for one buyer. `net`, `vat` and `gross` are of one pack; `net_per_unit` of one unit in it (euro)."""

    product: Product
    net: Money
    vat: Money
    gross: Money
    net_per_unit: Decimal
    tiers: tuple[OfferTier, ...]
    gives: "Given"
    refusals: tuple[Refusal, ...]

    @property
    def buyable(self) -> bool:
        """Whether nothing speaks against buying it."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Given:
    """What one pack gives, as data for a sentence.

    `kind` is coupons, documents, credit_cents, credits or licence; `term` is how long a coupon's or a product's licence
    lasts and `ends` when a wallet's content expires: `12 months`, `31 December` or `never`.
    """

    kind: str
    units: int
    product: str | None
    plan: str | None
    access_mode: str | None
    accounting: str | None
    limits: tuple[tuple[str, int], ...]
    term: str | None
    ends: str | None
    activate_within_months: int | None


@dataclass(frozen=True, slots=True)
class TypeOffers:
    """The offers of one coupon type (F003-07); `coupon_type` is None for everything else."""

    coupon_type: Label | None
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """The offers of one kind, in the order of the catalogue."""

    kind: str
    offers: tuple[Offer, ...]

    @property
    def by_type(self) -> tuple[TypeOffers, ...]:
        """The offers by coupon type, types in the order in which the catalogue first names them."""
        types: dict[str, list[Offer]] = {}
        for offer in self.offers:
            coupon_type = offer.product.coupon_type
            types.setdefault(coupon_type.code if coupon_type else "", []).append(offer)
        return tuple(TypeOffers(offers[0].product.coupon_type, tuple(offers)) for offers in types.values())


def offers_for(view: PriceBookView, buyer: BuyerFacts) -> tuple[OfferGroup, ...]:
    """What is on sale, ineligible products with their reasons; groups by kind in the order of the catalogue."""
    on_sale = [product for product in view.products if product.rules.sold]
    first = {product.kind: place for place, product in reversed(list(enumerate(on_sale)))}
    ordered = sorted(on_sale, key=lambda product: (first[product.kind], product.position))
    return tuple(
        OfferGroup(kind, tuple(offer_of(product, buyer) for product in products))
        for kind, products in groupby(ordered, key=lambda product: product.kind)
    )


def offer_of(product: Product, buyer: BuyerFacts) -> Offer:
    """One product as it is offered to a buyer."""
    net = product.tiers.unit_price(1)
    vat = vat_on(net, product.vat)
    return Offer(
        product=product,
        net=net,
        vat=vat,
        gross=net + vat,
        net_per_unit=net_per_unit(net, product.units),
        tiers=tuple(_tier(product, row) for row in product.tiers.rows()),
        gives=given_by(product),
        refusals=refusals(product, buyer),
    )


def _tier(product: Product, row: TierRow) -> OfferTier:
    return OfferTier(
        from_quantity=row.from_quantity,
        to_quantity=row.to_quantity,
        net=row.unit_net,
        gross=row.unit_net + vat_on(row.unit_net, product.vat),
        net_per_unit=net_per_unit(row.unit_net, product.units),
    )


def given_by(product: Product) -> Given:
    """What one pack of a product gives, as data for a sentence."""
    gives = product.gives
    return Given(
        kind=gives["kind"],
        units=product.units,
        product=gives.get("product"),
        plan=gives.get("plan"),
        access_mode=gives.get("access_mode", "FULL") if "plan" in gives else None,
        accounting=gives.get("accounting"),
        limits=tuple(sorted(gives.get("limits", {}).items())),
        term=gives.get("term"),
        ends=gives.get("ends", "never") if "plan" not in gives else None,
        activate_within_months=gives.get("activate_within_months"),
    )
