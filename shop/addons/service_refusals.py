"""Why services may not be bought as they stand in a cart: every reason of every line (D18), each with a way on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pricing import GIGABYTE, OffPolicy
from shop.addons.purchases import EndOfService, Purchase, WantedService
from shop.catalogue import BuyerFacts, PriceBookView, Refusal, refusals, refusals_of_renewal
from shop.catalogue.refusals import SUSPENDED
from shop.catalogue.sentences import (
    CANNOT_BE_RENEWED,
    CHOOSE_A_COMPANY,
    MORE_THAN_THE_LOT,
    NOT_THE_PAYER,
    ONE_BASE_SERVICE,
    OUTLASTS_BASE,
    REPLACED_ALREADY,
    REQUIRES_LONGER,
    SEATS_IN_USE,
    STORAGE_IN_USE,
)

_CANNOT_BE_RENEWED = Refusal("CANNOT_BE_RENEWED", CANNOT_BE_RENEWED)
_MORE_THAN_THE_LOT = Refusal("MORE_THAN_THE_LOT", MORE_THAN_THE_LOT)
_NOT_THE_PAYER = Refusal("NOT_THE_PAYER", NOT_THE_PAYER)
_ONE_BASE = Refusal("ONE_BASE_SERVICE", ONE_BASE_SERVICE)
_OUTLASTS_BASE = Refusal("OUTLASTS_BASE", OUTLASTS_BASE)
_REPLACED_ALREADY = Refusal("REPLACED_ALREADY", REPLACED_ALREADY)
_SEATS_IN_USE = Refusal("SEATS_IN_USE", SEATS_IN_USE)
_STORAGE_IN_USE = Refusal("STORAGE_IN_USE", STORAGE_IN_USE)
CHOOSE_COMPANY = Refusal("CHOOSE_A_COMPANY", CHOOSE_A_COMPANY)


def purchase_refusals(book: PriceBookView, purchase: Purchase, buyer: BuyerFacts) -> dict[int, tuple[Refusal, ...]]:
    """The reasons by place; none for a line that may be bought."""
    rules = _Rules(book, purchase, buyer)
    return {one.place: tuple(dict.fromkeys(rules.of(one))) for one in purchase.wanted}


class _Rules:
    """The rules over one purchase; what several lines need is worked out once."""

    def __init__(self, book: PriceBookView, purchase: Purchase, buyer: BuyerFacts) -> None:
        wanted = purchase.wanted
        self.book, self.company, self.ends = book, purchase.company, purchase.chosen.ends
        new = [one for one in wanted if one.line.renews is None]
        base = self.company.running.base
        renewed = base is not None and any(one.line.renews == base.licence_id for one in wanted)
        # No product requires itself or is for itself: what is bought together may hold the line that is asked about.
        self.facts = self.company.facts_for(buyer, frozenset(one.line.sku for one in new), base_renewed=renewed)
        self.end_of = {end.place: end for end in self.ends if end.place is not None}
        self.other_bases = [one.place for one in new if self._kind(one.line.sku) == "base_service"][1:]
        self.covered = _covered(self.ends, self.company.on)
        bases = [end for sku, end in self.covered.items() if self._kind(sku) == "base_service"]
        self.base_end = max(bases, default=None)

    def of(self, one: WantedService) -> Iterator[Refusal]:
        """Every reason against one line."""
        if not self.company.may_buy:
            yield _NOT_THE_PAYER
        if one.line.renews is not None and self._is_suspended(one):
            yield SUSPENDED
        yield from self._of_renewal(one) if one.line.renews is not None else self._of_new(one)
        end = self.end_of.get(one.place)
        if end is not None:
            yield from self._too_long(end)

    def _is_suspended(self, one: WantedService) -> bool:
        """Whether a case holds back what is renewed, or the base it stands on: money would buy nothing (D10)."""
        base = self.company.running.base
        renewed = self.company.service(one.line.renews) if one.line.renews else None
        return any(service is not None and service.suspended for service in (base, renewed))

    def _kind(self, sku: str) -> str:
        product = self.book.by_sku.get(sku)
        return product.kind if product else ""

    def _of_new(self, one: WantedService) -> Iterator[Refusal]:
        yield from refusals(self.book.product(one.line.sku), self.facts, one.line.quantity)
        if one.place in self.other_bases:
            yield _ONE_BASE

    def _of_renewal(self, one: WantedService) -> Iterator[Refusal]:
        service = self.company.service(one.line.renews) if one.line.renews else None
        product = self.book.by_sku.get(one.line.sku)
        if service is None or product is None or service.sku != product.sku:
            yield _CANNOT_BE_RENEWED
            return
        if service.replaced:
            yield _REPLACED_ALREADY
            return
        yield from refusals_of_renewal(product, self.facts, self.company.choice.years)
        if one.line.quantity > service.quantity:
            yield _MORE_THAN_THE_LOT
        if service.kind != "addon" and self._seats_after(service.ends_on) < self.company.seats_in_use:
            yield _SEATS_IN_USE
        if service.kind != "addon" and self._storage_shrinks(service.ends_on):
            yield _STORAGE_IN_USE

    def _seats_after(self, day: date) -> int:
        """Seats there will be once what ends on this day has ended (F004-21)."""
        return sum(end.quantity for end in self.ends if end.ends_on > day and self._kind(end.sku) == "seats")

    def _storage_shrinks(self, day: date) -> bool:
        """Whether there will be less room than now, and less than is in use, once what ends on this day has ended."""
        left = sum(end.storage_gb for end in self.ends if end.ends_on > day)
        has = sum(one.storage_gb for one in self.company.all_running)
        return left < has and left * GIGABYTE < self.company.storage_in_use

    def _too_long(self, end: EndOfService) -> Iterator[Refusal]:
        """What a line makes run must not outlast what it stands on (F004-02, D1)."""
        product = self.book.by_sku.get(end.sku)
        if product is None or product.kind == "base_service":
            return
        short = tuple(sku for sku in product.rules.requires if self._falls_short(sku, end))
        if short:
            yield Refusal("REQUIRES_LONGER", REQUIRES_LONGER, short)
        keeps_own = product.rules.off_policy is OffPolicy.KEEP_OWN_TERM
        if not keeps_own and self.base_end is not None and end.ends_on > self.base_end:
            yield _OUTLASTS_BASE

    def _falls_short(self, required: str, end: EndOfService) -> bool:
        """Whether a required product ends first; one that is neither there nor asked for has a reason of its own."""
        covered = self.covered.get(required)
        if covered is not None:
            return covered < end.ends_on
        return required in self.facts.running or end.ends_before is not None


def _covered(ends: Sequence[EndOfService], on: date) -> Mapping[str, date]:
    """Until when each product runs after the purchase."""
    days: dict[str, date] = {}
    for end in ends:
        if end.ends_on > on:
            days[end.sku] = max(end.ends_on, days.get(end.sku, end.ends_on))
    return days
