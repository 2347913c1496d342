"""An end renewed at the same instant by several workers, or by a worker and its payer: once, charged once (F004-22).

What a company bought at first is paid without a gateway here: every intent and payment told of is a renewal's.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Thread
from typing import cast
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.database import JsonObject, apart, transaction
from foundation.jobs import drain
from pricing import add_months
from shop import MemoryGateway, Order, User
from shop.catalogue import check_catalogue, import_catalogue
from shop.orders.placing import NotOrderable
from shop.payments.checkout import look_and_reconcile
from shop.renewals.attempts import RenewalAttempt, claim_attempt
from shop.renewals.automatic_orders import renew_by_itself
from shop.renewals.card_setup import open_card_page
from shop.renewals.charging import charge_renewal
from shop.renewals.mandate_text import VERSION
from shop.renewals.mandates import live_mandate
from shop.renewals.renewal_quotes import renewal_quote
from shop.renewals.standing import Shown, switch_off, switch_on
from shop.transfers import store_credit_of
from tests.addons import buy_services, renew_services
from tests.database import fresh_database
from tests.entitlements.scenes import a_scene, an_activation
from tests.races.contest import LONGEST_SECONDS, audit_finds, contend, go_on_to, racing_app, rows, until_so_many_wait
from tests.races.numbers import company_fields
from tests.stories import DEMO_CATALOGUE, owner_of, pay_by_card

pytestmark = pytest.mark.race
ROUNDS, CONTENDERS = (12, 12) if os.environ.get("TORTURE") == "full" else (2, 4)
"""A round is the end of one company; of its contenders the last one is the payer, where a payer contends."""

_MONEY = "FROM payment_allocations a WHERE reason = 'payment'"


class SlowGateway(MemoryGateway):
    """Takes its time over a charge: who asks at the same instant finds none made before."""

    def charge_saved_card(self, key: str, parameters: JsonObject) -> JsonObject:
        """Charge a saved card after a moment."""
        time.sleep(0.1)
        return super().charge_saved_card(key, parameters)


@dataclass
class Ends:
    """Base services that end in a week, whose one payer saved a card and agreed that they renew by themselves."""

    app: Flask
    gateway: MemoryGateway
    studio: Party
    owner: User
    companies: list[UUID]
    ends_on: date

    def claim(self, company_id: UUID) -> UUID | None:
        """A worker claims the end; answers the attempt it made."""
        with self.app.app_context(), transaction() as session:
            attempt = renew_by_itself(session, company_id, self.ends_on)
            return attempt.id if attempt else None

    def charge(self, attempt_id: UUID) -> None:
        """A worker does the job that charges an attempt."""
        with self.app.app_context():
            charge_renewal(attempt_id, self.gateway)

    def switch_off(self, company_id: UUID) -> None:
        """The payer presses the button that turns it off."""
        with self.app.app_context(), transaction() as session:
            assert switch_off(session, company_id, owner_of(self.studio))

    def renew_by_hand(self, company_id: UUID) -> None:
        """The payer orders the same renewal and pays it."""
        self.pay(self.order_by_hand(company_id))

    def order_by_hand(self, company_id: UUID) -> UUID:
        """The payer orders the same renewal; answers the order, that waits for its money."""
        with self.app.app_context(), transaction() as session:
            return renew_services(session, self.owner, company_id).id

    def pay(self, order_id: UUID) -> None:
        """The payer's money for an order arrives."""
        with self.app.app_context(), transaction() as session:
            pay_by_card(session, session.get_one(Order, order_id))

    def attempts(self) -> list[RenewalAttempt]:
        """Once every job is done."""
        with self.app.app_context():
            drain()
            with transaction() as session:
                return list(session.scalars(select(RenewalAttempt).order_by(RenewalAttempt.id)))

    def intents(self) -> int:
        """How many charges the gateway was asked for."""
        return sum(one["object"] == "payment_intent" for one in self.gateway.objects.values())

    def orders(self, *states: str) -> int:
        """How many renewals were ordered, of all states or of these."""
        found = _of_renewals("SELECT count(*) FROM orders o WHERE (o.state = ANY(:states) OR :every)", "o.id")
        return rows(self.app, found, states=list(states), every=not states)

    def payments(self) -> int:
        """How many payments came for renewals."""
        return rows(self.app, _of_renewals(f"SELECT count(*) {_MONEY}", "a.order_id"))

    def paid_cents(self) -> int:
        """All the money that came for renewals."""
        return rows(self.app, _of_renewals(f"SELECT coalesce(sum(amount_cents), 0) {_MONEY}", "a.order_id"))

    def renewed(self) -> int:
        """How many times a base service was renewed, each for one year from its end."""
        query = (
            "SELECT count(*) FROM licence_terms t JOIN licences l ON l.id = t.licence_id"
            " WHERE t.action = 'RENEW' AND l.kind = 'base_service' AND t.starts_on = :at AND t.ends_on = :until"
        )
        return rows(self.app, query, at=self.ends_on, until=add_months(self.ends_on, 12))


def _of_renewals(query: str, order_id: str) -> str:
    return (
        f"{query} AND EXISTS (SELECT FROM order_lines l"
        f" WHERE l.order_id = {order_id} AND l.term ->> 'action' = 'RENEW')"
    )


@pytest.fixture
def ends(worker_id: str) -> Iterator[Ends]:
    with fresh_database(f"gettone_renewal_{worker_id}") as url, racing_app(url) as app:
        yield _ends(app)
    clock.follow(timedelta())


def _ends(app: Flask) -> Ends:
    gateway = app.extensions["gettone.gateway"] = SlowGateway()
    with app.app_context():
        with transaction() as session:
            scene = a_scene(session, quantity=ROUNDS)
            companies = [an_activation(session, scene, one, **company_fields(one)) for one in range(ROUNDS)]
        drain()
        for company_id in companies:
            with transaction() as session:
                buy_services(session, scene.owner, company_id, "EINVOICING-FULL", "MODULE-DOCUMENTS")
        page = open_card_page(scene.studio.id, "/servizi", gateway)
        gateway.save_card(page.session_id)
        look_and_reconcile(gateway, "checkout_session", page.session_id)
        ends_on = add_months(clock.today(), 12)
        for company_id in companies:
            with transaction() as session:
                quote = renewal_quote(session, scene.studio.id, company_id)
                assert quote is not None
                shown = Shown(VERSION, quote.gross_cents, ends_on, "it")
                assert switch_on(session, company_id, shown, owner_of(scene.studio))
        drain()
        go_on_to(ends_on - timedelta(days=7))
    return Ends(app, gateway, scene.studio, scene.owner, companies, ends_on)


def _beside(workers: Callable[[], object], payer: Callable[[], object]) -> list[object]:
    """Everybody at once: the workers do the same, the payer something else. Answers what the workers were answered."""
    outcomes = contend(CONTENDERS, lambda number: payer() if number == CONTENDERS - 1 else workers())
    assert outcomes[-1] is None
    return outcomes[:-1]


def test_workers_that_claim_and_charge_the_same_end_place_one_order_and_charge_it_once(ends: Ends) -> None:
    for company_id in ends.companies:
        outcomes = contend(CONTENDERS, lambda _: ends.claim(company_id))  # noqa: B023
        won = [outcome for outcome in outcomes if outcome is not None]
        assert [type(outcome) for outcome in won] == [UUID], won
        attempt_id = cast("UUID", won[0])
        assert contend(CONTENDERS, lambda _: ends.charge(attempt_id)) == [None] * CONTENDERS  # noqa: B023
    assert (ends.orders("FULFILLED"), ends.intents(), ends.payments(), ends.renewed()) == (ROUNDS,) * 4
    assert [attempt.charged_at is not None for attempt in ends.attempts()] == [True] * ROUNDS
    assert (ends.orders(), ends.intents(), ends.payments(), ends.renewed()) == (ROUNDS,) * 4
    assert audit_finds(ends.app) == []


def test_switched_off_while_workers_claim_the_end_nothing_is_charged(ends: Ends) -> None:
    for company_id in ends.companies:
        outcomes = _beside(lambda: ends.claim(company_id), lambda: ends.switch_off(company_id))  # noqa: B023
        assert {type(outcome) for outcome in outcomes} <= {UUID, type(None)}, outcomes
        assert sum(outcome is not None for outcome in outcomes) <= 1
    attempts = ends.attempts()
    assert {attempt.reason for attempt in attempts} <= {"SWITCHED_OFF"}
    assert ends.orders() == ends.orders("CANCELLED") == len(attempts)
    assert (ends.intents(), ends.payments(), ends.renewed()) == (0, 0, 0)
    assert audit_finds(ends.app) == []


def test_switched_off_while_workers_charge_it_is_charged_once_or_not_at_all(ends: Ends) -> None:
    for company_id in ends.companies:
        attempt_id = ends.claim(company_id)
        assert attempt_id is not None
        charged = _beside(lambda: ends.charge(attempt_id), lambda: ends.switch_off(company_id))  # noqa: B023
        assert charged == [None] * (CONTENDERS - 1)
    attempts = ends.attempts()
    paid = sum(attempt.charged_at is not None for attempt in attempts)
    assert {attempt.reason for attempt in attempts} <= {None, "SWITCHED_OFF"}
    assert (ends.orders("FULFILLED"), ends.orders("CANCELLED")) == (paid, ROUNDS - paid)
    assert (ends.intents(), ends.payments(), ends.renewed()) == (paid, paid, paid)
    assert audit_finds(ends.app) == []


def test_renewed_by_hand_while_workers_claim_the_end_the_card_is_not_asked(ends: Ends) -> None:
    for company_id in ends.companies:
        outcomes = _beside(lambda: ends.claim(company_id), lambda: ends.renew_by_hand(company_id))  # noqa: B023
        assert {type(outcome) for outcome in outcomes} <= {UUID, type(None)}, outcomes
        assert sum(outcome is not None for outcome in outcomes) <= 1
    assert {attempt.reason for attempt in ends.attempts()} <= {"MOVED"}
    assert (ends.orders("FULFILLED"), ends.orders("AWAITING_PAYMENT")) == (ROUNDS, 0)
    assert (ends.intents(), ends.payments(), ends.renewed()) == (0, ROUNDS, ROUNDS)
    assert audit_finds(ends.app) == []


def test_money_by_hand_while_workers_charge_renews_once_and_what_came_twice_is_credit(ends: Ends) -> None:
    for company_id in ends.companies:
        attempt_id, order_id = ends.claim(company_id), ends.order_by_hand(company_id)
        assert attempt_id is not None
        charged = _beside(lambda: ends.charge(attempt_id), lambda: ends.pay(order_id))  # noqa: B023
        assert charged == [None] * (CONTENDERS - 1)
    charges = sum(attempt.charged_at is not None for attempt in ends.attempts())
    assert (ends.orders("FULFILLED"), ends.orders("AWAITING_PAYMENT"), ends.renewed()) == (ROUNDS, 0, ROUNDS)
    assert (ends.intents(), ends.payments()) == (charges, ROUNDS + charges)
    with ends.app.app_context(), transaction() as session:
        credit = store_credit_of(session, ends.studio.id)
    assert credit == charges * ends.paid_cents() // (ROUNDS + charges)
    assert audit_finds(ends.app) == []


def test_a_catalogue_that_changes_while_the_order_is_placed_leaves_nothing_and_is_seen_the_next_time(
    ends: Ends,
) -> None:
    company_id, outcomes = ends.companies[0], list[object]()
    with ends.app.app_context():
        # Another claim of the end, not committed, stops the worker between what it priced and what it places; it names
        # the mandate of another company, for the worker locks its own before it prices.
        with apart() as other:
            quote, mandate = renewal_quote(other, ends.studio.id, company_id), live_mandate(other, ends.companies[1])
            assert quote is not None
            assert mandate is not None
            claim_attempt(other, mandate, quote.base.licence_id, ends.ends_on)
            worker = Thread(target=lambda: outcomes.extend(contend(1, lambda _: ends.claim(company_id))))
            worker.start()
            until_so_many_wait(ends.app, 1)
            with transaction() as session:
                _have_documents_need_what_does_not_run(session)
            other.rollback()
        worker.join(LONGEST_SECONDS)
    assert [type(outcome) for outcome in outcomes] == [NotOrderable]
    assert rows(ends.app, "SELECT count(*) FROM renewal_attempts") == ends.orders() == 0
    assert ends.claim(company_id) is not None
    assert [attempt.reason for attempt in ends.attempts()] == ["NOT_ORDERABLE"] * ROUNDS
    assert audit_finds(ends.app) == []


def _have_documents_need_what_does_not_run(session: Session) -> None:
    """A price book under which a module that runs works only together with another, that does not."""
    sku = 'sku = "MODULE-DOCUMENTS"'
    checked = check_catalogue(DEMO_CATALOGUE.read_text().replace(sku, f'{sku}\nrequires = ["MODULE-COLLECTIONS"]'))
    assert checked.catalogue is not None, checked.mistakes
    import_catalogue(session, checked.catalogue)
