"""Why a buyer may not buy a product: every reason at once (D18).

The same function decides on the page, in the cart, at the checkout and in the API.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from shop.catalogue.products import Product
from shop.catalogue.sentences import (
    BASE_ALREADY_ACTIVE,
    BUYER_LOCKED,
    COMPANY_EXISTS_ALREADY,
    COMPANY_WAS_REFUSED,
    CONTRACT_NOT_SIGNED,
    MODULE_ALREADY_ACTIVE,
    NOT_AVAILABLE_FOR_SERVICE,
    NOT_FOR_COMPANY,
    NOT_FOR_STUDIO,
    NOT_SOLD,
    ONLY_BY_INVITATION,
    PAYMENT_OVERDUE,
    RENEW_BASE_FIRST,
    REQUIRES_ANOTHER,
    SERVICE_SUSPENDED,
    TOO_MANY,
    TOO_MANY_YEARS,
)

_OPEN = frozenset({"ACTIVE", "LIMITED"})
LOCKED = "locked"
OVERDUE = "payment_overdue"
"""Facts about a buyer that stop every purchase; a product's `eligibility` names the facts it asks for."""

COMPANY_REFUSED = "company_refused"
COMPANY_EXISTS = "company_exists"
"""Facts of a company for which no service can run."""

EINVOICING_CONTRACT = "einvoicing_contract"
"""A fact of whoever a product is for: its e-invoicing contract is signed (F003-19)."""


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """What eligibility needs to know of a buyer, and of the company that a product would be for.

    `kind` is STUDIO, COMPANY or INVITEE; `held` are SKUs that are active, or in the same cart, for whom the product
    would be.
    `running` are the SKUs of its running services; `base_state` is how its base service stands, NONE without one;
    `base_renewed` whether a base that has ended is renewed in the same cart. While `for_a_company` is not yet known,
    what depends on its services is not judged. A case holds `suspended` SKUs back, and the base while `base_state` is
    SUSPENDED (D10). `facts` hold whoever a product is for; `facts_of` those that hold for
    one alone: the buyer (None), or a company it buys for.
    """

    kind: str
    facts: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    suspended: frozenset[str] = frozenset()
    base_state: str = "NONE"
    base_renewed: bool = False
    for_a_company: bool = True
    facts_of: Mapping[UUID | None, frozenset[str]] = field(default_factory=dict)

    def buying_for(self, party_id: UUID | None) -> "BuyerFacts":
        """The facts as they stand for a product that is for `party_id` (None: the buyer itself, or its pool)."""
        return replace(self, facts=self.facts | self.facts_of.get(party_id, frozenset()))


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


def refusals_of_renewal(product: Product, buyer: BuyerFacts, years: int) -> tuple[Refusal, ...]:
    """Every reason why this buyer may not renew a running service: also one that is no longer sold to newcomers."""
    found = [refusal for rule in (_locked, _overdue) if (refusal := rule(product, buyer)) is not None]
    if years > product.rules.maximum_years:
        found.append(Refusal("TOO_MANY_YEARS", TOO_MANY_YEARS))
    return tuple(found)


def _not_sold(product: Product, _buyer: BuyerFacts) -> Refusal | None:
    return None if product.rules.sold else Refusal("NOT_SOLD", NOT_SOLD)


def _wrong_buyer(product: Product, buyer: BuyerFacts) -> Refusal | None:
    if not product.rules.buyers or buyer.kind in product.rules.buyers:
        return None
    if buyer.kind == "COMPANY" and product.rules.buyers == ("INVITEE",):
        return Refusal("ONLY_BY_INVITATION", ONLY_BY_INVITATION)
    if buyer.kind == "STUDIO":
        return Refusal("NOT_FOR_STUDIO", NOT_FOR_STUDIO)
    return Refusal("NOT_FOR_COMPANY", NOT_FOR_COMPANY)


def _locked(_product: Product, buyer: BuyerFacts) -> Refusal | None:
    return Refusal("BUYER_LOCKED", BUYER_LOCKED) if LOCKED in buyer.facts else None


def _overdue(_product: Product, buyer: BuyerFacts) -> Refusal | None:
    return Refusal("PAYMENT_OVERDUE", PAYMENT_OVERDUE) if OVERDUE in buyer.facts else None


SUSPENDED = Refusal("SERVICE_SUSPENDED", SERVICE_SUSPENDED)
_ELIGIBILITY = {EINVOICING_CONTRACT: Refusal("CONTRACT_NOT_SIGNED", CONTRACT_NOT_SIGNED)}


def _not_eligible(product: Product, buyer: BuyerFacts) -> Refusal | None:
    wanted = product.rules.eligibility
    return _ELIGIBILITY[wanted] if wanted is not None and wanted not in buyer.facts else None


def _no_service_can_run(product: Product, buyer: BuyerFacts) -> Refusal | None:
    """What would be paid for the company could never be had (M6, M9)."""
    if not product.is_service:
        return None
    if COMPANY_REFUSED in buyer.facts:
        return Refusal("COMPANY_REFUSED", COMPANY_WAS_REFUSED)
    return Refusal("COMPANY_EXISTS_ALREADY", COMPANY_EXISTS_ALREADY) if COMPANY_EXISTS in buyer.facts else None


def _wrong_service(product: Product, buyer: BuyerFacts) -> Refusal | None:
    services = product.rules.available_for
    if not services or not buyer.for_a_company or buyer.held.intersection(services):
        return None
    return Refusal("NOT_AVAILABLE_FOR_SERVICE", NOT_AVAILABLE_FOR_SERVICE, services)


def _base_already_active(product: Product, buyer: BuyerFacts) -> Refusal | None:
    """One base service per tax code: what is there is renewed (F004-24)."""
    if product.kind != "base_service" or buyer.base_state not in _OPEN:
        return None
    return Refusal("BASE_ALREADY_ACTIVE", BASE_ALREADY_ACTIVE)


def _module_already_active(product: Product, buyer: BuyerFacts) -> Refusal | None:
    """A module runs once: bought again, its days would be paid twice."""
    if product.kind != "addon" or product.sku not in buyer.running - buyer.suspended:
        return None
    return Refusal("MODULE_ALREADY_ACTIVE", MODULE_ALREADY_ACTIVE)


def _suspended(product: Product, buyer: BuyerFacts) -> Refusal | None:
    """What a case holds back is not sold a second time, nor what stands on it: money would buy nothing (D10)."""
    if not product.is_service:
        return None
    needed = {*product.rules.requires, *((product.sku,) if product.kind == "addon" else ())}
    return SUSPENDED if buyer.base_state == "SUSPENDED" or needed & buyer.suspended else None


def _base_has_ended(product: Product, buyer: BuyerFacts) -> Refusal | None:
    """A base that has ended is renewed in the same cart, before anything is added to it."""
    if not product.is_service or product.kind == "base_service" or buyer.base_state != "LIMITED" or buyer.base_renewed:
        return None
    return Refusal("RENEW_BASE_FIRST", RENEW_BASE_FIRST)


def _requires_another(product: Product, buyer: BuyerFacts) -> Refusal | None:
    if product.is_service and not buyer.for_a_company:
        return None
    missing = tuple(sku for sku in product.rules.requires if sku not in buyer.held)
    return Refusal("REQUIRES_ANOTHER", REQUIRES_ANOTHER, missing) if missing else None


_RULES: tuple[Callable[[Product, BuyerFacts], Refusal | None], ...] = (
    _not_sold,
    _wrong_buyer,
    _locked,
    _overdue,
    _not_eligible,
    _no_service_can_run,
    _wrong_service,
    _requires_another,
    _base_already_active,
    _module_already_active,
    _suspended,
    _base_has_ended,
)
