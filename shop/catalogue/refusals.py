"""Why a buyer may not buy a product: every reason at once (D18).

The same function decides on the page, in the cart, at the checkout and in the API.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shop.catalogue.products import Product
from shop.catalogue.sentences import (
    BUYER_LOCKED,
    CONTRACT_NOT_SIGNED,
    NOT_AVAILABLE_FOR_SERVICE,
    NOT_FOR_COMPANY,
    NOT_FOR_STUDIO,
    NOT_SOLD,
    PAYMENT_OVERDUE,
    REQUIRES_ANOTHER,
    TOO_MANY,
)

LOCKED = "locked"
OVERDUE = "payment_overdue"
"""Facts about a buyer that stop every purchase; a product's `eligibility` names the facts it asks for."""


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """What eligibility needs to know of a buyer.

    `kind` is STUDIO or COMPANY; `held` are SKUs that are active, or in the same cart, for whom the product would be.
    """

    kind: str
    facts: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason, with a stable code and an Italian sentence; `skus` are the products it speaks of."""

    code: str
    sentence: str
    skus: tuple[str, ...] = ()


def refusals(product: Product, buyer: BuyerFacts, quantity: int = 1) -> tuple[Refusal, ...]:
    """Every reason why this buyer may not buy `quantity` packs of this product now; none when it may (D18)."""
    found = [refusal for rule in _RULES if (refusal := rule(product, buyer)) is not None]
    if quantity > product.rules.maximum_quantity:
        found.append(Refusal("TOO_MANY", TOO_MANY))
    return tuple(found)


def _not_sold(product: Product, _buyer: BuyerFacts) -> Refusal | None:
    return None if product.rules.sold else Refusal("NOT_SOLD", NOT_SOLD)


def _wrong_buyer(product: Product, buyer: BuyerFacts) -> Refusal | None:
    if not product.rules.buyers or buyer.kind in product.rules.buyers:
        return None
    if buyer.kind == "STUDIO":
        return Refusal("NOT_FOR_STUDIO", NOT_FOR_STUDIO)
    return Refusal("NOT_FOR_COMPANY", NOT_FOR_COMPANY)


def _locked(_product: Product, buyer: BuyerFacts) -> Refusal | None:
    return Refusal("BUYER_LOCKED", BUYER_LOCKED) if LOCKED in buyer.facts else None


def _overdue(_product: Product, buyer: BuyerFacts) -> Refusal | None:
    return Refusal("PAYMENT_OVERDUE", PAYMENT_OVERDUE) if OVERDUE in buyer.facts else None


_ELIGIBILITY = {"einvoicing_contract": Refusal("CONTRACT_NOT_SIGNED", CONTRACT_NOT_SIGNED)}


def _not_eligible(product: Product, buyer: BuyerFacts) -> Refusal | None:
    wanted = product.rules.eligibility
    return _ELIGIBILITY[wanted] if wanted is not None and wanted not in buyer.facts else None


def _wrong_service(product: Product, buyer: BuyerFacts) -> Refusal | None:
    services = product.rules.available_for
    if not services or buyer.held.intersection(services):
        return None
    return Refusal("NOT_AVAILABLE_FOR_SERVICE", NOT_AVAILABLE_FOR_SERVICE, services)


def _requires_another(product: Product, buyer: BuyerFacts) -> Refusal | None:
    missing = tuple(sku for sku in product.rules.requires if sku not in buyer.held)
    return Refusal("REQUIRES_ANOTHER", REQUIRES_ANOTHER, missing) if missing else None


_RULES: tuple[Callable[[Product, BuyerFacts], Refusal | None], ...] = (
    _not_sold,
    _wrong_buyer,
    _locked,
    _overdue,
    _not_eligible,
    _wrong_service,
    _requires_another,
)
