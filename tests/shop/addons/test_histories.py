"""Random purchase histories of a company through a simulated calendar violate no property of the pricing rules."""

import os
import random
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise, repeat
from multiprocessing import get_context
from uuid import UUID, uuid5

import pytest

from entitlements import RunningService, RunningServices
from pricing import Money, Term, add_months, charge, replay
from shop.addons.company_services import CompanyServices, ServiceChoice
from shop.addons.promises import Settled, promise_to_json, promises_from_json, settle
from shop.addons.service_lines import ServiceLine
from shop.quotes import PricedCart, price_lines
from shop.wanted_lines import WantedLine
from tests.shop.addons.values import BASE, COLLECTIONS, COMPANY, DOCUMENTS, ORDERS, SEAT, STUDIO, WOO, book_on
from tests.verdicts import FIGURE, Record

MANY, HANDFUL, STEPS = 100_000, 500, 6
FULL_SIZE = os.environ.get("TORTURE") == "full"
LIMITED = timedelta(days=90)
BOOK = book_on(date(2026, 1, 1))
# Leap days, month ends, both clock changes and the turns of the year are visited on purpose.
EDGES = (
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2027, 3, 28),
    date(2026, 10, 25),
    date(2027, 1, 31),
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2027, 8, 31),
)


@dataclass
class Owned:
    """A service with everything ever paid for it."""

    service: RunningService
    started_on: date
    spans: list[tuple[date, date]] = field(default_factory=list)
    charges: dict[date, list[tuple[Term, int]]] = field(default_factory=lambda: defaultdict(list))


class History:
    """One company's purchases; every step is checked."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a seeded history, not a secret
        self.today = self.random.choice(EDGES) if self.random.random() < 0.5 else self._any_day()
        self.owned: dict[UUID, Owned] = {}
        self.counter = 0
        self.late = False

    def _any_day(self) -> date:
        return date(2026, 1, 1) + timedelta(days=self.random.randrange(1_200))

    def running(self) -> RunningServices:
        """As the rights office answers."""
        services = [one.service for one in self.owned.values()]
        bases = [one for one in services if one.kind == "base_service" and one.ends_on + LIMITED > self.today]
        base = bases[-1] if bases else None
        active = base is not None and base.ends_on > self.today
        others = tuple(
            one
            for one in services
            if one.kind != "base_service"
            and (one.ends_on > self.today or (base is not None and not active and one.ends_on == base.ends_on))
        )
        return RunningServices(base, "NONE" if base is None else "ACTIVE" if active else "LIMITED", others)

    def step(self) -> None:
        """Wait, choose something, quote it, perhaps pay later, and check what came of it."""
        self.today += timedelta(days=self.random.choice((0, 0, 1, 27, 31, 59, 92, 183, 365)))
        company = CompanyServices(
            COMPANY, self.today, self.running(), ServiceChoice(self.random.random() < 0.6, self.random.randint(1, 3))
        )
        cart = price_lines(BOOK, self._wanted(company), STUDIO, {COMPANY: company})
        assert replay(cart.quote.to_json()) == cart.quote
        if cart.orderable:
            self._pay(cart)

    def _wanted(self, company: CompanyServices) -> list[WantedLine]:
        new = self.random.sample((BASE, DOCUMENTS, WOO, COLLECTIONS, ORDERS, SEAT), self.random.randint(1, 3))
        lines = [WantedLine(sku, self.random.randint(1, 3) if sku == SEAT else 1, COMPANY) for sku in new]
        if company.running.base is not None and self.random.random() < 0.4:
            kept = [one for one in company.all_running if one.kind == "base_service" or self.random.random() < 0.8]
            lines += [WantedLine(one.sku, one.quantity, COMPANY, one.licence_id) for one in kept]
        return lines

    def _pay(self, cart: PricedCart) -> None:
        (promise,) = promises_from_json([promise_to_json(one) for one in cart.promises])
        late = self.random.choice((0, 0, 0, 1, 4))
        self.today += timedelta(days=late)
        settled = settle(promise, self.running(), self.today)
        if not isinstance(settled, Settled):
            assert late, "only time makes a quote fall here"
            return
        self.late |= late > 0
        before = {licence: one.service.ends_on for licence, one in self.owned.items()}
        for position, line in enumerate((line.service for line in cart.lines), start=1):
            assert line is not None
            days = settled.terms.get(position)
            self._grant(line if days is None else line.moved_to(Term(days.starts_on, days.ends_on), days.anchor_on))
        for licence, days in settled.gifts.items():
            self._go_on(UUID(licence), days.ends_on, days.anchor_on)
        # Months a late payment adds to a service that was not charged are the vendor's.
        self._check(cart, {licence: day for licence, day in before.items() if str(licence) not in settled.gifts})

    def _grant(self, line: ServiceLine) -> None:
        if line.licence_id is None:
            self.counter += 1
            licence = uuid5(COMPANY, str(self.counter))
            service = RunningService(
                licence, line.sku, line.kind, line.quantity, line.unit_net.cents, line.vat_code, 1, line.anchor_on,
                line.term.ends_on,
            )  # fmt: skip
            self.owned[licence] = Owned(service, line.term.starts_on, [(line.term.starts_on, line.term.ends_on)])
            return
        one = self.owned[line.licence_id]
        # A day is never paid twice: what follows begins where the last term ended.
        assert line.term.starts_on == one.service.ends_on
        if line.action == "EXTEND":
            one.charges[line.anchor_on].append((line.term, line.net.cents))
        self._go_on(line.licence_id, line.term.ends_on, line.anchor_on)

    def _go_on(self, licence: UUID, ends_on: date, anchor_on: date) -> None:
        one = self.owned[licence]
        one.spans.append((one.service.ends_on, ends_on))
        one.service = replace(one.service, ends_on=ends_on, anchor_on=anchor_on)

    def _check(self, cart: PricedCart, before: dict[UUID, date]) -> None:
        (purchase,) = cart.purchases
        renewed = {line.licence_id for line in purchase.renewals}
        touched = {line.licence_id for line in purchase.chosen.lines} | renewed
        for licence, ends_on in before.items():
            now = self.owned[licence].service.ends_on
            assert now >= ends_on, "no end date ever moves back"
            assert licence in touched or now == ends_on, "what was not bought does not move"
            if not purchase.company.choice.extend and licence not in renewed:
                assert now == ends_on, "without the extension nothing else moves"
        if purchase.offered and purchase.company.choice.extend:
            ends = {self.owned[UUID(one.service_id)].service.ends_on for one in purchase.request.services[:1]}
            assert len(ends) == 1
            assert max(one.service.ends_on for one in self.owned.values() if one.started_on == self.today) in ends
        self._check_woo()
        assert cart.quote.net.cents == sum(line.quoted.net.cents for line in cart.lines)

    def _check_woo(self) -> None:
        documents = [one.service.ends_on for one in self.owned.values() if one.service.sku == DOCUMENTS]
        for one in self.owned.values():
            if one.service.sku == WOO and one.service.ends_on > self.today:
                assert max(documents) >= one.service.ends_on, "WooCommerce within Documenti"

    def finish(self) -> None:
        """Over any sequence of extensions a lot paid exactly what one extension over the same days costs."""
        for one in self.owned.values():
            for anchor, parts in one.charges.items():
                self._check_charges(one.service, anchor, parts)
            for (_, end), (start, _) in pairwise(one.spans):
                assert end == start, "terms follow one another"

    def _check_charges(self, service: RunningService, anchor: date, parts: list[tuple[Term, int]]) -> None:
        price = Money(service.unit_net_cents)
        paid = sum(cents for _, cents in parts)
        each = [charge(price, service.quantity, anchor, term.starts_on, term.ends_on).cents for term, _ in parts]
        whole = charge(price, service.quantity, anchor, parts[0][0].starts_on, parts[-1][0].ends_on).cents
        unbroken = all(one.ends_on == two.starts_on for (one, _), (two, _) in pairwise(parts))
        assert paid <= sum(each), "a late payment costs nothing more"
        if not self.late:
            assert paid == sum(each), "every extension costs its telescoping charge"
            assert not unbroken or paid == whole, "path independence"


def _violations(first: int, count: int) -> list[str]:
    found = []
    for seed in range(first, first + count):
        history = History(seed)
        try:
            for _ in range(STEPS):
                history.step()
            history.finish()
        except AssertionError as problem:
            found.append(f"history {seed}: {problem}")
    return found


def test_random_histories_violate_no_property() -> None:
    assert _violations(0, 150) == []


@pytest.mark.torture
@pytest.mark.skipif(not FULL_SIZE, reason="a hundred thousand histories are for make torture")
def test_a_hundred_thousand_histories_violate_no_property(record_property: Record) -> None:
    """Shared out among the processors in handfuls of neighbouring seeds; a seed tells its history again."""
    handfuls = range(1_000, 1_000 + MANY, HANDFUL)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processors:
        found = [one for some in processors.map(_violations, handfuls, repeat(HANDFUL)) for one in some]
    record_property(FIGURE, f"histories={MANY} steps={MANY * STEPS} violated={len(found)}")
    assert found == []


def test_the_histories_buy_extend_renew_and_pay_late() -> None:
    done = [History(seed) for seed in range(60)]
    for history in done:
        for _ in range(6):
            history.step()
    owned = [one for history in done for one in history.owned.values()]
    assert {one.service.sku for one in owned} == {BASE, DOCUMENTS, WOO, COLLECTIONS, ORDERS, SEAT}
    assert any(one.charges for one in owned)
    assert any(one.service.anchor_on > one.started_on for one in owned)
    assert any(history.late for history in done)


def test_the_edges_of_the_calendar_are_visited() -> None:
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert {History(seed).today for seed in range(200)} >= set(EDGES)
