"""Promises: what the service lines of an order were quoted against, frozen as JSON, and the days they settle on.

Pure. A payment that comes later keeps the charge and moves the days; a service that changed or ended meanwhile makes
the promise fall, and the order asks for a new quote (M14).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from entitlements import RunningService, RunningServices
from foundation.database import JsonObject
from pricing import (
    ActiveService,
    AnnualPrice,
    ExtensionRequest,
    ExtensionScope,
    LineKind,
    Money,
    NeedsRequote,
    OffPolicy,
    Outcome,
    ProrationMode,
    UnmetRequirement,
    VatRate,
    WantedItem,
    settle_extension,
)
from shop.addons.purchases import Purchase
from shop.catalogue.products import LOTS

Fallen = Literal["TERM_MOVED", "SERVICE_ENDED", "ALREADY_ACTIVE", "REQUIREMENT_ENDED"]
_ANY_RATE = VatRate("-", 0, "N2", "-")


@dataclass(frozen=True, slots=True)
class NewService:
    """A service that starts with the payment: its line's position, and whether there may be only one of it."""

    position: int
    item: WantedItem
    only_one: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """What one company was promised on the day of the quote.

    `touched` are the running services that a line extends, renews or replaces, with the end each had then; `beside`
    what else ran; `lapsing` the lots that a smaller one of this order follows, with the end of the smaller one: nothing
    extends them (F004-22); `base_ends_on` the end of the base, None without one; `bound_to_base` whether the price or
    the days depend on exactly that end.
    """

    company_id: UUID
    extend: bool
    quoted_on: date
    scope: ExtensionScope
    base_id: str | None
    base_ends_on: date | None
    bound_to_base: bool
    touched: Mapping[str, date]
    beside: Mapping[str, date]
    extensions: Mapping[str, int]
    renewals: Mapping[str, tuple[date, date]]
    new: tuple[NewService, ...]
    lapsing: Mapping[str, date]

    @property
    def falls_on(self) -> date | None:
        """The first day on which the promise has fallen by itself: something it extends, or stands on, has ended."""
        days = [
            day for licence, day in self.touched.items() if licence in self.extensions and licence not in self.renewals
        ]
        if self.new and self.base_ends_on is not None and self.base_id not in self.renewals:
            days.append(self.base_ends_on)
        return min(days, default=None)


@dataclass(frozen=True, slots=True)
class SettledTerm:
    """The days a line is granted on the day of its payment; a gift has no line but a running service."""

    starts_on: date
    ends_on: date
    anchor_on: date


@dataclass(frozen=True, slots=True)
class Settled:
    """Days by position of the line; `gifts` are services that go along at no charge, with the end each has now."""

    terms: Mapping[int, SettledTerm]
    gifts: Mapping[str, SettledTerm]


def promise_of(purchase: Purchase, positions: Mapping[int, int], extension_positions: Mapping[str, int]) -> Promise:
    """Freeze a purchase; `positions` leads from a wanted line to its order line, the other from a licence."""
    company, request = purchase.company, purchase.request
    before = {str(one.licence_id): one.ends_on for one in company.all_running}
    held_back = {str(one.licence_id) for one in company.all_running if one.suspended}
    renewed = {str(line.licence_id): line for line in purchase.renewals if line.licence_id}
    lapsing = {str(line.replaces): line.term.ends_on for line in purchase.renewals if line.replaces}
    new_places = [one.place for one in purchase.wanted if one.line.renews is None]
    kinds = {line.place: line.kind for line in purchase.chosen.lines}
    base = request.base
    return Promise(
        company_id=company.company_id,
        extend=company.choice.extend,
        quoted_on=company.on,
        scope=request.scope,
        base_id=base.service_id if base else None,
        base_ends_on=before[base.service_id] if base else None,
        bound_to_base=purchase.offered,
        touched={licence: before[licence] for licence in (*renewed, *lapsing, *extension_positions)},
        # What was held back when the price was made goes along with nothing, should the case be decided meanwhile.
        beside={key: day for key, day in before.items() if key not in extension_positions and key not in held_back},
        extensions=dict(extension_positions),
        renewals={licence: (line.anchor_on, line.term.ends_on) for licence, line in renewed.items()},
        new=tuple(
            NewService(positions[place], item, kinds[place] not in LOTS)
            for place, item in zip(new_places, request.wanted, strict=True)
        ),
        lapsing=lapsing,
    )


def settle(promise: Promise, running: RunningServices, paid_on: date) -> Settled | Fallen:
    """The days of every line on the day of the payment, given what runs now; or why the promise has fallen."""
    now = {str(one.licence_id): one for one in _all(running) if not one.replaced}
    fallen = _fallen(promise, running, now, paid_on)
    if fallen is not None:
        return fallen
    if not promise.new:
        return Settled({}, {})
    request = _request(promise, now)
    outcome = settle_extension(request, extend=promise.extend, paid_on=max(paid_on, promise.quoted_on))
    if isinstance(outcome, NeedsRequote):
        return "SERVICE_ENDED"
    if any(not _followed(promise, now, one) for one in outcome.unmet):
        return "REQUIREMENT_ENDED"
    return _days(promise, request, {licence: one.ends_on for licence, one in now.items()}, outcome)


def _followed(promise: Promise, now: Mapping[str, RunningService], unmet: UnmetRequirement) -> bool:
    """Whether the smaller lot that follows one of these is there as long as a requirement needs it (F004-02)."""
    return any(
        now[licence].sku == unmet.requires and until >= unmet.needed_until for licence, until in promise.lapsing.items()
    )


def _fallen(
    promise: Promise, running: RunningServices, now: Mapping[str, RunningService], paid_on: date
) -> Fallen | None:
    if running.base is not None and running.base.suspended:
        return "SERVICE_ENDED"
    for licence, ended_on in promise.touched.items():
        # What a case holds back meanwhile is as good as ended: the money would buy nothing (D10).
        if licence not in now or now[licence].suspended:
            return "SERVICE_ENDED"
        if now[licence].ends_on != ended_on:
            return "TERM_MOVED"
    if not promise.new:
        return None
    if any(one.only_one and one.item.sku in {other.sku for other in now.values()} for one in promise.new):
        return "ALREADY_ACTIVE"
    return _fallen_base(promise, running, paid_on)


def _fallen_base(promise: Promise, running: RunningServices, paid_on: date) -> Fallen | None:
    base = running.base
    if promise.base_id is None or promise.base_ends_on is None:
        return "ALREADY_ACTIVE" if base is not None else None
    if base is None or str(base.licence_id) != promise.base_id:
        return "SERVICE_ENDED"
    if base.ends_on < promise.base_ends_on or (promise.bound_to_base and base.ends_on != promise.base_ends_on):
        return "TERM_MOVED"
    renewed_until = promise.renewals.get(promise.base_id)
    return None if (renewed_until[1] if renewed_until else base.ends_on) > paid_on else "SERVICE_ENDED"


def _all(running: RunningServices) -> tuple[RunningService, ...]:
    return running.others if running.base is None else (running.base, *running.others)


def _request(promise: Promise, now: Mapping[str, RunningService]) -> ExtensionRequest:
    """The request of the quote over what runs now, with the order's own renewals done and without what they replace.

    What a case holds back is left out, as the quote left it out: it is neither extended nor stands for a requirement.
    """
    going_on = {licence: one for licence, one in now.items() if licence not in promise.lapsing and not one.suspended}
    services = [_active(one, promise.renewals.get(licence)) for licence, one in going_on.items()]
    base = next((one for one in services if one.service_id == promise.base_id), None)
    return ExtensionRequest(
        activates_on=promise.quoted_on,
        base=base,
        others=tuple(one for one in services if one is not base),
        wanted=tuple(one.item for one in promise.new),
        scope=promise.scope,
    )


def _active(service: RunningService, renewed: tuple[date, date] | None) -> ActiveService:
    anchor, ends_on = renewed or (service.anchor_on, service.ends_on)
    price = AnnualPrice(Money(service.unit_net_cents), service.quantity)
    return ActiveService(str(service.licence_id), service.sku, price, _ANY_RATE, anchor, ends_on)


def _days(promise: Promise, request: ExtensionRequest, before: Mapping[str, date], outcome: Outcome) -> Settled:
    services = {one.service_id: one for one in request.services}
    terms: dict[int, SettledTerm] = {}
    gifts: dict[str, SettledTerm] = {}
    new = iter(promise.new)
    for line in outcome.lines:
        if line.kind is LineKind.ADD_ON:
            terms[next(new).position] = SettledTerm(line.term.starts_on, line.term.ends_on, line.term.starts_on)
            continue
        licence = str(line.service_id)
        days = SettledTerm(line.term.starts_on, line.term.ends_on, services[licence].anchor)
        if licence in promise.extensions:
            terms[promise.extensions[licence]] = days
        elif promise.beside.get(licence) == before[licence]:
            # It ended after the quoted end and only now ends before the new one: the months are the vendor's.
            gifts[licence] = days
    return Settled(terms, gifts)


def promise_to_json(promise: Promise) -> JsonObject:
    """A promise as an order keeps it."""
    return {
        "company_id": str(promise.company_id),
        "extend": promise.extend,
        "quoted_on": promise.quoted_on.isoformat(),
        "scope": promise.scope.value,
        "base_id": promise.base_id,
        "base_ends_on": promise.base_ends_on.isoformat() if promise.base_ends_on else None,
        "bound_to_base": promise.bound_to_base,
        "touched": {licence: day.isoformat() for licence, day in promise.touched.items()},
        "beside": {licence: day.isoformat() for licence, day in promise.beside.items()},
        "extensions": dict(promise.extensions),
        "renewals": {
            licence: [anchor.isoformat(), ends_on.isoformat()]
            for licence, (anchor, ends_on) in promise.renewals.items()
        },
        "new": [_new_to_json(one) for one in promise.new],
        "lapsing": {licence: day.isoformat() for licence, day in promise.lapsing.items()},
    }


def _new_to_json(one: NewService) -> JsonObject:
    price = one.item.price
    return {
        "position": one.position,
        "sku": one.item.sku,
        "unit_net_cents": price.unit_net.cents,
        "quantity": price.quantity,
        "mode": price.mode.value,
        "off_policy": one.item.off_policy.value,
        "requires": list(one.item.requires),
        "only_one": one.only_one,
    }


def falls_on(stored: Sequence[JsonObject]) -> date | None:
    """The first Rome day on which an order needs a new quote because of time alone."""
    return min((day for one in promises_from_json(stored) if (day := one.falls_on) is not None), default=None)


def promises_from_json(stored: Sequence[JsonObject]) -> tuple[Promise, ...]:
    """The promises of an order."""
    return tuple(_from_json(one) for one in stored)


def _from_json(stored: JsonObject) -> Promise:
    day = date.fromisoformat
    return Promise(
        company_id=UUID(stored["company_id"]),
        extend=stored["extend"],
        quoted_on=day(stored["quoted_on"]),
        scope=ExtensionScope(stored["scope"]),
        base_id=stored["base_id"],
        base_ends_on=day(stored["base_ends_on"]) if stored["base_ends_on"] else None,
        bound_to_base=stored["bound_to_base"],
        touched={licence: day(ends_on) for licence, ends_on in stored["touched"].items()},
        beside={licence: day(ends_on) for licence, ends_on in stored["beside"].items()},
        extensions=dict(stored["extensions"]),
        renewals={licence: (day(days[0]), day(days[1])) for licence, days in stored["renewals"].items()},
        new=tuple(_new_from_json(one) for one in stored["new"]),
        # Orders placed before smaller lots were kept apart do not name them.
        lapsing={licence: day(ends_on) for licence, ends_on in stored.get("lapsing", {}).items()},
    )


def _new_from_json(stored: JsonObject) -> NewService:
    price = AnnualPrice(Money(stored["unit_net_cents"]), stored["quantity"], ProrationMode(stored["mode"]))
    requires = tuple(stored["requires"])
    item = WantedItem(stored["sku"], price, _ANY_RATE, OffPolicy(stored["off_policy"]), requires)
    return NewService(stored["position"], item, stored["only_one"])
