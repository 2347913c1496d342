"""Purchases of services for one company: renewals, new services, and both outcomes of the extension (D1, D2, D3).

Pure: what runs, the price book and the wanted lines go in; lines, end dates and refusals come out. The catalogue, the
cart, the checkout and the API all ask here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from entitlements import RunningService
from pricing import (
    ActiveService,
    AnnualPrice,
    ExtensionLine,
    ExtensionProposal,
    ExtensionRequest,
    LineKind,
    Money,
    OffPolicy,
    Outcome,
    PartOfYears,
    ProrationMode,
    RenewalRequired,
    Term,
    VatRate,
    WantedItem,
    WholeYears,
    add_months,
    propose_extension,
)
from shop.addons.company_services import CompanyServices
from shop.addons.service_lines import ServiceLine, names_of_extension, names_of_renewal
from shop.catalogue import PriceBookView, Product
from shop.wanted_lines import WantedLine

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class WantedService:
    """A wanted line with its place among all wanted lines."""

    place: int
    line: WantedLine


@dataclass(frozen=True, slots=True)
class EndOfService:
    """Until when a service runs after the purchase (exclusive); `ends_before` None for a new one.

    `storage_gb` are the gigabytes that all its units give together.
    """

    sku: str
    kind: str
    names: Mapping[str, str]
    ends_before: date | None
    ends_on: date
    place: int | None
    quantity: int = 1
    storage_gb: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeLines:
    """One outcome of the choice: the lines it charges and where every service ends."""

    lines: tuple[ServiceLine, ...]
    ends: tuple[EndOfService, ...]

    @property
    def months_forfeited(self) -> int:
        """The most months any line forfeits."""
        return max((line.months_forfeited for line in self.lines), default=0)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought for a company. `on` and `off` differ only while the choice is `offered`."""

    company: CompanyServices
    wanted: tuple[WantedService, ...]
    renewals: tuple[ServiceLine, ...]
    request: ExtensionRequest
    on: OutcomeLines
    off: OutcomeLines
    offered: bool

    @property
    def chosen(self) -> OutcomeLines:
        """The outcome that was chosen."""
        return self.on if self.company.choice.extend else self.off

    def lines(self, *, extend: bool) -> tuple[ServiceLine, ...]:
        """Every line with or without the extension: renewals, new services, extensions."""
        return (*self.renewals, *(self.on if extend else self.off).lines)


def purchase_of(book: PriceBookView, company: CompanyServices, wanted: Sequence[WantedService]) -> Purchase:
    """Price what is wanted for a company. Raises UnknownProduct, InvalidQuantity.

    What may not be bought is priced all the same, at its full price, so that the page can show it beside its reasons.
    """
    asked_again = [one for one in wanted if one.line.renews is not None]
    renewals = tuple(_renewal(book, company, one) for one in asked_again)
    services = _after_renewal(book, company, renewals)
    items = [one for one in wanted if one.line.renews is None]
    base = _base_of(services, company)
    request = ExtensionRequest(
        activates_on=company.on,
        base=base,
        others=tuple(one for one in services if one is not base),
        wanted=tuple(_item(book, one.line) for one in items),
        scope=book.extension_scope,
    )
    proposal = propose_extension(request)
    if isinstance(proposal, RenewalRequired):
        proposal = _at_full_price(request)
    running = {str(one.licence_id): one for one in company.all_running}
    made = _Made(book, running, renewals, items)
    on = made.outcome(proposal.on)
    off = on if proposal.off is proposal.on else made.outcome(proposal.off)
    return Purchase(company, tuple(wanted), renewals, request, on, off, proposal.toggle_shown)


def _at_full_price(request: ExtensionRequest) -> ExtensionProposal:
    """A base that has ended and is not renewed: nothing can be ordered, but everything has its price."""
    proposal = propose_extension(replace(request, base=None))
    if isinstance(proposal, RenewalRequired):
        raise TypeError(proposal)
    return proposal


def _renewal(book: PriceBookView, company: CompanyServices, one: WantedService) -> ServiceLine:
    service = company.service(one.line.renews) if one.line.renews else None
    product = book.product(one.line.sku)
    years = max(1, min(company.choice.years, product.rules.maximum_years))
    starts_on = service.ends_on if service else company.on
    # Fewer seats than the lot holds: the lot lapses on its day, and a smaller one follows it.
    whole = service is not None and one.line.quantity >= service.quantity
    quantity = service.quantity if whole and service else one.line.quantity
    unit_net, span = product.tiers.unit_price(one.line.quantity), WholeYears(years)
    return ServiceLine(
        action="RENEW" if whole else "START",
        place=one.place,
        sku=product.sku,
        kind=product.kind,
        # What starts is granted by the name of its line, and keeps it.
        names=names_of_renewal(product.label.names, years) if whole else product.label.names,
        gives=product.gives_shared,
        quantity=quantity,
        unit_net=unit_net,
        vat_code=product.vat.code,
        span=span,
        formula=span.formula(unit_net, quantity),
        term=Term(starts_on, add_months(starts_on, _MONTHS * years)),
        anchor_on=starts_on,
        licence_id=service.licence_id if whole and service else None,
        fixed=True,
        replaces=service.licence_id if service and not whole else None,
    )


def _after_renewal(
    book: PriceBookView, company: CompanyServices, renewals: Sequence[ServiceLine]
) -> tuple[ActiveService, ...]:
    """The running services as they stand once the renewals of this very cart are done.

    Without the lots that lapse, and without what a case holds back: its months would be charged for nothing (D10). A
    suspended base stays, for everything is refused beside it.
    """
    renewed = {line.licence_id: line for line in renewals if line.licence_id is not None}
    lapsing = {line.replaces for line in renewals}
    stays = (one for one in company.all_running if not one.suspended or one is company.running.base)
    going_on = (one for one in stays if one.licence_id not in lapsing and not one.replaced)
    return tuple(_active(book, one, renewed.get(one.licence_id)) for one in going_on)


def _active(book: PriceBookView, service: RunningService, renewed: ServiceLine | None) -> ActiveService:
    unit_net, rate, mode = _yearly_price(book, service)
    return ActiveService(
        service_id=str(service.licence_id),
        sku=service.sku,
        price=AnnualPrice(unit_net, service.quantity, mode),
        rate=rate,
        anchor=renewed.anchor_on if renewed else service.anchor_on,
        ends_on=renewed.term.ends_on if renewed else service.ends_on,
    )


def _yearly_price(book: PriceBookView, service: RunningService) -> tuple[Money, VatRate, ProrationMode]:
    """The price in the book of the quote (D3); of what is no longer in it, the price it was last bought at."""
    product = book.by_sku.get(service.sku)
    if product is not None:
        return product.tiers.unit_price(service.quantity), product.vat, product.rules.proration_mode
    rates = {rate.code: rate for rate in book.vat_rates}
    rate = rates.get(service.vat_code, book.vat_rates[0])
    return Money(service.unit_net_cents), rate, ProrationMode.TELESCOPING


def _base_of(services: Sequence[ActiveService], company: CompanyServices) -> ActiveService | None:
    base = company.running.base
    return next((one for one in services if base is not None and one.service_id == str(base.licence_id)), None)


def _item(book: PriceBookView, line: WantedLine) -> WantedItem:
    product = book.product(line.sku)
    price = AnnualPrice(product.tiers.unit_price(line.quantity), line.quantity, product.rules.proration_mode)
    return WantedItem(product.sku, price, product.vat, product.rules.off_policy, product.rules.requires)


@dataclass(frozen=True, slots=True)
class _Made:
    """Turns the outcomes of pricing into lines and ends; `running` by licence."""

    book: PriceBookView
    running: Mapping[str, RunningService]
    renewals: tuple[ServiceLine, ...]
    items: Sequence[WantedService]

    def outcome(self, outcome: Outcome) -> OutcomeLines:
        """The lines of one outcome, new services in the order they were wanted, and every end."""
        new = [line for line in outcome.lines if line.kind is LineKind.ADD_ON]
        started = tuple(self._started(one, line) for one, line in zip(self.items, new, strict=True))
        extended = tuple(self._extended(line) for line in outcome.lines if line.kind is LineKind.EXTENSION)
        return OutcomeLines((*started, *extended), tuple(self._ends(outcome, started)))

    def _started(self, one: WantedService, line: ExtensionLine) -> ServiceLine:
        product = self.book.product(line.sku)
        formula = line.formula
        full = formula.net.cents == formula.unit_net.cents * formula.quantity
        whole = full and not _is_prorated(product, line)
        starts_on, mode = line.term.starts_on, product.rules.proration_mode
        return ServiceLine(
            action="START",
            place=one.place,
            sku=product.sku,
            kind=product.kind,
            names=product.label.names,
            gives=product.gives_shared,
            quantity=one.line.quantity,
            unit_net=line.formula.unit_net,
            vat_code=line.rate.code,
            span=WholeYears() if whole else PartOfYears(starts_on, starts_on, line.term.ends_on, mode),
            formula=line.formula,
            term=line.term,
            anchor_on=starts_on,
            months_forfeited=line.months_forfeited,
        )

    def _extended(self, line: ExtensionLine) -> ServiceLine:
        service = self.running[str(line.service_id)]
        licence_id = service.licence_id
        product = self.book.by_sku.get(line.sku)
        mode = product.rules.proration_mode if product else ProrationMode.TELESCOPING
        renewed = next((one for one in self.renewals if one.licence_id == licence_id), None)
        anchor = renewed.anchor_on if renewed else service.anchor_on
        return ServiceLine(
            action="EXTEND",
            place=None,
            sku=line.sku,
            kind=service.kind,
            names=names_of_extension(_names(product, line.sku), line.formula),
            gives=product.gives_shared if product else {"kind": "licence"},
            quantity=service.quantity,
            unit_net=line.formula.unit_net,
            vat_code=line.rate.code,
            span=PartOfYears(anchor, line.term.starts_on, line.term.ends_on, mode),
            formula=line.formula,
            term=line.term,
            anchor_on=anchor,
            licence_id=licence_id,
        )

    def _ends(self, outcome: Outcome, started: Sequence[ServiceLine]) -> Iterator[EndOfService]:
        places = {str(line.licence_id): line.place for line in self.renewals}
        fewer = [line for line in self.renewals if line.licence_id is None]
        going_on = [(end.service_id, end.ends_on) for end in outcome.ends]
        carried = {key for key, _ends_on in going_on}
        staying = [(key, one.ends_on) for key, one in self.running.items() if key not in carried]
        for licence, ends_on in (*going_on, *staying):
            was, place = self.running[licence], places.get(licence)
            names = _names(self.book.by_sku.get(was.sku), was.sku)
            yield EndOfService(was.sku, was.kind, names, was.ends_on, ends_on, place, was.quantity, was.storage_gb)
        for line in (*fewer, *started):
            names = _names(self.book.by_sku.get(line.sku), line.sku)
            room = line.quantity * self.book.product(line.sku).storage_gb
            yield EndOfService(line.sku, line.kind, names, None, line.term.ends_on, line.place, line.quantity, room)


def _is_prorated(product: Product, line: ExtensionLine) -> bool:
    return product.rules.off_policy is OffPolicy.PRORATE_TO_BASE and line.term.ends_on < add_months(
        line.term.starts_on, _MONTHS
    )


def _names(product: Product | None, sku: str) -> Mapping[str, str]:
    return product.label.names if product else {"it": sku, "en": sku}
