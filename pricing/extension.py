"""Add-ons bought in the middle of a term: extend the active services, or align the add-on to the base (F004-11, 12).

Both outcomes are computed side by side from the same values, each line with its formula in words (D1, D2, D3, M28).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pricing.money import Money, total
from pricing.proration import AnnualPrice, Formula
from pricing.terms import Term, check_day, months_ceil, twelve_month_term
from pricing.vat import TaxedNet, VatRate, VatSummary, vat_summaries


class OffPolicy(StrEnum):
    """What a product does when the active services are not extended (D1)."""

    TRUNCATE = "TRUNCATE"
    KEEP_OWN_TERM = "KEEP_OWN_TERM"
    PRORATE_TO_BASE = "PRORATE_TO_BASE"


class ExtensionScope(StrEnum):
    """What an extension covers (D2), a switch of the catalogue."""

    ALL_ACTIVE = "ALL_ACTIVE"
    BASE_ONLY = "BASE_ONLY"


class ExtensionCase(StrEnum):
    """Which case of the formula applies; the choice is offered only in `BEYOND_BASE`."""

    NO_BASE = "NO_BASE"
    WITHIN_BASE = "WITHIN_BASE"
    BEYOND_BASE = "BEYOND_BASE"


class LineKind(StrEnum):
    """A new service, or more months of one that is active."""

    ADD_ON = "ADD_ON"
    EXTENSION = "EXTENSION"


@dataclass(frozen=True, slots=True)
class ActiveService:
    """A lot that is running: its price, the day its price term began (`A0`), the exclusive day it ends."""

    service_id: str
    sku: str
    price: AnnualPrice
    rate: VatRate
    anchor: date
    ends_on: date

    def __post_init__(self) -> None:
        Term(self.anchor, self.ends_on)


@dataclass(frozen=True, slots=True)
class WantedItem:
    """A product in the cart, always a new lot. `requires` names products that must cover its whole term (F004-02)."""

    sku: str
    price: AnnualPrice
    rate: VatRate
    off_policy: OffPolicy = OffPolicy.TRUNCATE
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """What is wanted on `activates_on` beside the active services; one that has ended by then is left alone."""

    activates_on: date
    base: ActiveService | None
    others: tuple[ActiveService, ...]
    wanted: tuple[WantedItem, ...]
    scope: ExtensionScope = ExtensionScope.ALL_ACTIVE

    def __post_init__(self) -> None:
        check_day(self.activates_on)

    @property
    def services(self) -> tuple[ActiveService, ...]:
        """The base first, then the others."""
        return self.others if self.base is None else (self.base, *self.others)


@dataclass(frozen=True, slots=True)
class ExtensionLine:
    """One line to pay: the days it buys, its formula, and the months paid for that no day answers to (`TRUNCATE`)."""

    kind: LineKind
    sku: str
    service_id: str | None
    term: Term
    formula: Formula
    rate: VatRate
    months_forfeited: int = 0

    @property
    def net(self) -> Money:
        """The price of the line."""
        return self.formula.net

    @property
    def usable_months(self) -> int:
        """Months the line buys, a begun one counted whole: the page warns when they are few for a full price."""
        return months_ceil(self.term.starts_on, self.term.ends_on)


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """Where an active service ends before and after the purchase; both exclusive."""

    service_id: str
    sku: str
    ends_before: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class UnmetRequirement:
    """`sku` would run until `needed_until`, but `requires` is there only until `covered_until`, if at all."""

    sku: str
    requires: str
    needed_until: date
    covered_until: date | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is paid and where every service ends. With `unmet` requirements it may be shown but not ordered."""

    lines: tuple[ExtensionLine, ...]
    ends: tuple[ServiceEnd, ...]
    unmet: tuple[UnmetRequirement, ...]

    @property
    def vat_summaries(self) -> tuple[VatSummary, ...]:
        """VAT once per rate (D3)."""
        return vat_summaries([TaxedNet(line.net, line.rate) for line in self.lines])

    @property
    def net(self) -> Money:
        """Sum of the lines."""
        return total(line.net for line in self.lines)

    @property
    def vat(self) -> Money:
        """Sum of the VAT of the rates."""
        return total(summary.vat for summary in self.vat_summaries)

    @property
    def gross(self) -> Money:
        """What is paid."""
        return self.net + self.vat

    @property
    def months_forfeited(self) -> int:
        """The most months any line forfeits."""
        return max((line.months_forfeited for line in self.lines), default=0)


@dataclass(frozen=True, slots=True)
class ExtensionProposal:
    """Both outcomes; they are the same one when there is nothing to choose."""

    case: ExtensionCase
    on: Outcome
    off: Outcome

    @property
    def toggle_shown(self) -> bool:
        """Whether the choice "Estensione dei servizi attivi" is offered."""
        return self.case is ExtensionCase.BEYOND_BASE


@dataclass(frozen=True, slots=True)
class RenewalRequired:
    """The base has ended: renew it in the same cart, from the day it ended and not from today (case 4)."""

    base: ActiveService


def propose_extension(request: ExtensionRequest) -> ExtensionProposal | RenewalRequired:
    """Price the wanted items with and without extending the active services (D1, D2, D3).

    Where nothing is wanted nothing is missing: a renewal alone never extends anything.
    """
    base, own_term = request.base, twelve_month_term(request.activates_on)
    at_full_price = tuple(_add_on(item, own_term, item.price.for_years()) for item in request.wanted)
    if base is None:
        outcome = _outcome(request, at_full_price, ())
        return ExtensionProposal(ExtensionCase.NO_BASE, outcome, outcome)
    if base.ends_on <= request.activates_on:
        return RenewalRequired(base)
    if not request.wanted or own_term.ends_on <= base.ends_on:
        outcome = _outcome(request, at_full_price, ())
        return ExtensionProposal(ExtensionCase.WITHIN_BASE, outcome, outcome)
    on = _outcome(request, at_full_price, _extensions(request, own_term.ends_on))
    shorter = zip(request.wanted, at_full_price, strict=True)
    off = _outcome(request, tuple(_without_extension(item, line, base.ends_on) for item, line in shorter), ())
    return ExtensionProposal(ExtensionCase.BEYOND_BASE, on, off)


def _add_on(item: WantedItem, term: Term, formula: Formula, months_forfeited: int = 0) -> ExtensionLine:
    return ExtensionLine(LineKind.ADD_ON, item.sku, None, term, formula, item.rate, months_forfeited)


def _without_extension(item: WantedItem, at_full_price: ExtensionLine, base_ends_on: date) -> ExtensionLine:
    own_term = at_full_price.term
    if item.off_policy is OffPolicy.KEEP_OWN_TERM:
        return at_full_price
    until_base = Term(own_term.starts_on, base_ends_on)
    if item.off_policy is OffPolicy.PRORATE_TO_BASE:
        starts_on = own_term.starts_on
        return _add_on(item, until_base, item.price.between(starts_on, starts_on, base_ends_on))
    return _add_on(item, until_base, at_full_price.formula, months_ceil(base_ends_on, own_term.ends_on))


def _extensions(request: ExtensionRequest, new_end: date) -> tuple[ExtensionLine, ...]:
    return tuple(
        ExtensionLine(
            kind=LineKind.EXTENSION,
            sku=service.sku,
            service_id=service.service_id,
            term=Term(service.ends_on, new_end),
            formula=service.price.between(service.anchor, service.ends_on, new_end),
            rate=service.rate,
        )
        for service in request.services
        if request.activates_on < service.ends_on < new_end
        and (service is request.base or request.scope is ExtensionScope.ALL_ACTIVE)
    )


def _outcome(
    request: ExtensionRequest, items: tuple[ExtensionLine, ...], extensions: tuple[ExtensionLine, ...]
) -> Outcome:
    moved = {line.service_id: line.term.ends_on for line in extensions}
    ends = tuple(
        ServiceEnd(service.service_id, service.sku, service.ends_on, moved.get(service.service_id, service.ends_on))
        for service in request.services
    )
    return Outcome((*items, *extensions), ends, _unmet(request, items, ends))


def _unmet(
    request: ExtensionRequest, items: tuple[ExtensionLine, ...], ends: tuple[ServiceEnd, ...]
) -> tuple[UnmetRequirement, ...]:
    covered: dict[str, date] = {}
    running = [(end.sku, end.ends_on) for end in ends if end.ends_on > request.activates_on]
    for sku, ends_on in (*running, *((line.sku, line.term.ends_on) for line in items)):
        covered[sku] = max(ends_on, covered.get(sku, ends_on))
    return tuple(
        UnmetRequirement(item.sku, required, line.term.ends_on, covered.get(required))
        for item, line in zip(request.wanted, items, strict=True)
        for required in item.requires
        if covered.get(required, request.activates_on) < line.term.ends_on
    )
