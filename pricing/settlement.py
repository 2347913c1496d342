"""What happens after an extension was quoted: it is paid on a later day, or the services are renewed instead."""

from dataclasses import dataclass, replace
from datetime import date

from pricing.errors import InvalidTerm
from pricing.extension import (
    ActiveService,
    ExtensionLine,
    ExtensionRequest,
    Outcome,
    RenewalRequired,
    propose_extension,
)
from pricing.money import ZERO
from pricing.proration import Formula
from pricing.terms import MONTHS_IN_A_YEAR, Term, add_months


@dataclass(frozen=True, slots=True)
class NeedsRequote:
    """A service the quote was made for ended before the payment: the quoted terms no longer exist (M14)."""

    service: ActiveService


@dataclass(frozen=True, slots=True)
class RenewedService:
    """A service renewed at full price; `service` carries the new anchor and the new end."""

    service: ActiveService
    term: Term
    formula: Formula


def settle_extension(request: ExtensionRequest, *, extend: bool, paid_on: date) -> Outcome | NeedsRequote:
    """The outcome of a quoted purchase once it is paid: the amounts of the quote, the days of the payment.

    The twelve months start on `paid_on`; months this adds to any service are the vendor's, so a service that only now
    ends before the new expiry is extended at no charge. When the base, or a service whose extension was quoted, ended
    before the payment, the answer is `NeedsRequote`. Raises `InvalidTerm` for a payment earlier than the quote.
    """
    if paid_on < request.activates_on:
        raise InvalidTerm(request.activates_on, paid_on)
    quoted, paid = propose_extension(request), propose_extension(replace(request, activates_on=paid_on))
    if isinstance(quoted, RenewalRequired):
        return NeedsRequote(quoted.base)
    if isinstance(paid, RenewalRequired):
        return NeedsRequote(paid.base)
    extended = extend and quoted.toggle_shown
    frozen, settled = (quoted.on, paid.on) if extended else (quoted.off, paid.off)
    ended = _first_ended(request, frozen, paid_on)
    if ended is not None:
        return NeedsRequote(ended)
    by_service = {line.service_id: line for line in frozen.lines if line.service_id is not None}
    lines = tuple(
        _frozen_line(line, by_service.get(line.service_id) if line.service_id else frozen.lines[place])
        for place, line in enumerate(settled.lines)
    )
    return replace(settled, lines=lines)


def _first_ended(request: ExtensionRequest, frozen: Outcome, paid_on: date) -> ActiveService | None:
    quoted = {line.service_id for line in frozen.lines}
    ended = (service for service in request.services if service.service_id in quoted and service.ends_on <= paid_on)
    return next(ended, None)


def _frozen_line(line: ExtensionLine, quoted: ExtensionLine | None) -> ExtensionLine:
    if quoted is None:
        return replace(line, formula=replace(line.formula, part=0, net=ZERO))
    return replace(line, formula=quoted.formula, months_forfeited=quoted.months_forfeited)


def renew(service: ActiveService, years: int = 1) -> RenewedService:
    """Renew for whole years at full price, from the day the service ends or ended; this sets a new anchor (F004-22).

    Raises `InvalidQuantity` outside 1 to 10 years.
    """
    formula = service.price.for_years(years)
    term = Term(service.ends_on, add_months(service.ends_on, MONTHS_IN_A_YEAR * years))
    return RenewedService(replace(service, anchor=term.starts_on, ends_on=term.ends_on), term, formula)
