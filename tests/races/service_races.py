"""The races, at the services: each is told in rounds and says in words which invariant it found broken.

They run in the test's own process, and, as `python -m tests.races`, in that of a copy of the project with a seeded bug.
"""

from collections.abc import Callable
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import (
    Coupon,
    CouponNotAvailable,
    MemoryProvisioner,
    Party,
    Ready,
    activate_coupon,
    apply_answer,
    stock_of,
)
from entitlements.coupons.stock import CouponAssignment
from entitlements.provisioning.attempts import attempt
from entitlements.wallets import NotEnough, consume
from foundation import clock
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import RetryLater
from shop import MoneyFact, Order, lock_order, place_order, record_payment
from shop.carts import add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from tests.factories import a_studio
from tests.races.contest import LONGEST_SECONDS, Tally, audit_finds, contend, rows
from tests.races.numbers import company_fields
from tests.stories import a_paid_order, an_order, company_data, owner_of, placement_of, stock_the_shop

Race = Callable[[Flask, int, int], Tally]


def stocked(app: Flask) -> Party:
    """A shop with its catalogue, and a studio."""
    with app.app_context(), transaction() as session:
        stock_the_shop(session)
        return a_studio(session)


def last_coupon(app: Flask, rounds: int, contenders: int) -> Tally:
    """Everybody activates the one coupon left, each for another company: one of them gets it."""
    tally, studio = Tally(), stocked(app)
    with app.app_context(), transaction() as session:
        a_paid_order(session, studio, "LITE-1", rounds)
        coupons = [coupon.id for coupon, _ in stock_of(session, studio.id, limit=rounds)]

    def activate(coupon_id: UUID, company: int) -> str:
        with app.app_context(), transaction() as session:
            try:
                activate_coupon(session, coupon_id, company_data(**company_fields(company)), owner_of(studio))
            except CouponNotAvailable:
                return "refused"
        return "won"

    for played, coupon_id in enumerate(coupons):
        outcomes = contend(contenders, lambda number: activate(coupon_id, played * contenders + number))  # noqa: B023
        tally.count(outcomes)
        tally.expect(outcomes.count("won") == 1, f"coupon {coupon_id} was won {outcomes.count('won')} times")
        tally.expect(outcomes.count("refused") == contenders - 1, f"the losers saw {outcomes}")
    tally.expect(_live_assignments(app) == rounds, "a coupon has more than one live assignment")
    tally.broken += audit_finds(app)
    return tally


def _live_assignments(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        query = select(func.count()).select_from(CouponAssignment).join(Coupon, Coupon.id == CouponAssignment.coupon_id)
        return session.scalar(query.where(CouponAssignment.released_at.is_(None))) or 0


def same_cart(app: Flask, rounds: int, contenders: int) -> Tally:
    """A cart is placed by everybody at once (double click, two tabs): there is one order, and all are shown it."""
    tally, studio = Tally(), stocked(app)

    def place(cart_id: UUID) -> str:
        with app.app_context(), transaction() as session:
            return place_order(session, placement_of(cart_id, studio), BuyerFacts("STUDIO"), owner_of(studio)).number

    for _ in range(rounds):
        cart_id = a_cart(app, studio)
        outcomes = contend(contenders, lambda _: place(cart_id))  # noqa: B023
        placed = rows(app, "SELECT count(*) FROM orders WHERE cart_id = :cart", cart=cart_id)
        tally.count(["shown" if isinstance(outcome, str) else outcome for outcome in outcomes])
        tally.expect(placed == 1, f"cart {cart_id} became {placed} orders")
        tally.expect(len({str(outcome) for outcome in outcomes}) == 1, f"the buyers were shown {outcomes}")
    tally.broken += audit_finds(app)
    return tally


def two_tabs(app: Flask, rounds: int, contenders: int) -> Tally:
    """While one tab orders the cart, others add to it: what was added is ordered or still in the cart, never lost."""
    tally, studio = Tally(), stocked(app)

    def act(cart_id: UUID, number: int) -> str:
        with app.app_context(), transaction() as session:
            if number == 0:
                place_order(session, placement_of(cart_id, studio), BuyerFacts("STUDIO"), owner_of(studio))
                return "ordered"
            cart = open_cart(session, studio.id, None)
            add_to_cart(session, cart, current_price_book(session, clock.today()), "LITE-1", 1, None)
            return "added"

    for _ in range(rounds):
        cart_id = a_cart(app, studio)
        outcomes = contend(contenders, lambda number: act(cart_id, number))  # noqa: B023
        tally.count(outcomes)
        tally.expect(outcomes.count("ordered") == 1, f"the order was answered {outcomes[0]!r}")
    ordered = rows(app, "SELECT coalesce(sum(quantity), 0) FROM order_lines WHERE sku = 'LITE-1'")
    waiting = rows(
        app,
        "SELECT coalesce(sum(l.quantity), 0) FROM cart_lines l JOIN carts c ON c.id = l.cart_id"
        " WHERE c.state = 'OPEN' AND l.sku = 'LITE-1'",
    )
    added = tally.outcomes["added"]
    tally.expect(ordered + waiting == added, f"{added} packs were added, {ordered} ordered, {waiting} wait")
    tally.broken += audit_finds(app)
    return tally


def a_cart(app: Flask, studio: Party) -> UUID:
    """A studio's open cart with one line."""
    with app.app_context(), transaction() as session:
        cart = open_cart(session, studio.id, None)
        add_to_cart(session, cart, current_price_book(session, clock.today()), "LITE-10", 1, None)
        return cart.id


def same_money(app: Flask, rounds: int, contenders: int) -> Tally:
    """The same money is told by everybody at once: one payment, one fulfilment, whatever each of them was told."""
    tally, studio = Tally(), stocked(app)

    def tell(order_id: UUID, external_id: str) -> bool:
        with app.app_context(), transaction() as session:
            order = lock_order(session, order_id)
            money = MoneyFact("stripe", external_id, "stripe", order.gross_cents, clock.now())
            return record_payment(session, order, money)

    for _ in range(rounds):
        order, external_id = _placed(app, studio), f"pi_{new_id().hex}"
        outcomes = contend(contenders, lambda _: tell(order.id, external_id))  # noqa: B023
        tally.count(outcomes)
        paid = rows(app, "SELECT count(*) FROM payments WHERE external_id = :id", id=external_id)
        minted = rows(
            app,
            "SELECT count(*) FROM coupons c JOIN coupon_packs p ON p.id = c.pack_id"
            " JOIN order_lines l ON l.id = p.cause_id WHERE l.order_id = :order",
            order=order.id,
        )
        tally.expect(outcomes.count(True) == 1, f"{outcomes.count(True)} tellers were first")
        tally.expect((paid, minted) == (1, 10), f"order {order.number} has {paid} payments and {minted} coupons")
    tally.broken += audit_finds(app)
    return tally


def _placed(app: Flask, studio: Party) -> Order:
    with app.app_context(), transaction() as session:
        return an_order(session, studio)


def wallet(app: Flask, rounds: int, contenders: int) -> Tally:
    """Everybody takes single units from two buckets that hold half of them: each is taken once, none is invented."""
    tally, studio = Tally(), stocked(app)
    company_id = ready_company(app, studio)
    packs = contenders * rounds // 400
    with app.app_context(), transaction() as session:
        for _ in range(2):
            a_paid_order(session, studio, "INVOICES-100", packs)

    def use(number: int) -> int:
        taken = 0
        for use_number in range(rounds):
            with app.app_context(), transaction() as session:
                answer = consume(session, company_id, [studio.id], "documents", 1, f"{number}-{use_number}")
                taken += not isinstance(answer, NotEnough)
        return taken

    # They take turns, so that everybody ends when the last unit is asked for.
    outcomes = contend(contenders, use, seconds=LONGEST_SECONDS + rounds)
    problems = [outcome for outcome in outcomes if not isinstance(outcome, int)]
    taken = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    lowest = rows(app, "SELECT min(balance) FROM wallet_buckets")
    left = rows(app, "SELECT sum(balance) FROM wallet_buckets")
    tally.count(["done" if isinstance(outcome, int) else outcome for outcome in outcomes])
    tally.outcomes.update({"debits": contenders * rounds, "taken": taken, "min_balance": lowest})
    tally.outcomes.update({"drift": abs(200 * packs - taken - left)})
    tally.expect(not problems, f"a use ended in {problems}")
    tally.expect(taken == 200 * packs, f"{taken} units were taken from {200 * packs}")
    tally.expect((lowest, left) == (0, 0), f"{left} units are left, {lowest} in the emptiest bucket")
    tally.broken += audit_finds(app)
    return tally


def ready_company(app: Flask, studio: Party) -> UUID:
    """A company of the studio that the vendor's software has."""
    company_id = _requested(app, studio, 900_000)
    with app.app_context(), transaction() as session:
        apply_answer(session, company_id, Ready("remote-wallet"), "call")
    return company_id


def _requested(app: Flask, studio: Party, number: int) -> UUID:
    with app.app_context(), transaction() as session:
        a_paid_order(session, studio, "LITE-1")
        coupon, _ = stock_of(session, studio.id, state="AVAILABLE")[0]
        return activate_coupon(session, coupon.id, company_data(**company_fields(number)), owner_of(studio)).id


def one_licence(app: Flask, rounds: int, contenders: int) -> Tally:
    """Callback, question and retry say "ready" at the same instant: one licence, one link, one letter to the studio."""
    tally, studio = Tally(), stocked(app)
    provisioner = MemoryProvisioner()

    def hear(session: Session, company_id: UUID, kind: str) -> None:
        apply_answer(session, company_id, Ready(f"remote-{company_id}"), kind)

    def act(company_id: UUID, number: int) -> str:
        kind = ("callback", "ask", "retry")[number % 3]
        with app.app_context():
            if kind == "retry":
                try:
                    attempt(company_id, provisioner)
                except RetryLater:
                    return "later"
            else:
                with transaction() as session:
                    hear(session, company_id, kind)
        return kind

    for played in range(rounds):
        company_id = _requested(app, studio, played)
        outcomes = contend(contenders, lambda number: act(company_id, number))  # noqa: B023
        tally.count(outcomes)
        licences = rows(app, "SELECT count(*) FROM licences WHERE party_id = :company", company=company_id)
        mails = rows(app, "SELECT count(*) FROM mails WHERE cause = :cause", cause=f"company_ready:{company_id}")
        tally.expect((licences, mails) == (1, 1), f"company {company_id}: {licences} licences, {mails} mails")
        tally.expect(all(isinstance(outcome, str) for outcome in outcomes), f"somebody ended in {outcomes}")
    tally.broken += audit_finds(app)
    return tally


RACES: dict[str, Race] = {
    race.__name__: race for race in (last_coupon, same_cart, two_tabs, same_money, wallet, one_licence)
}
