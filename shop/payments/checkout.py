"""Checkout: an order's way to the hosted payment page (M23). Edges: each opens its own transactions.

An attempt is committed with its whole parameter set, the gateway is called with nothing open, the outcome is committed
after. Attempts live on real time: Stripe's clock does not follow a moved business clock.
"""

from contextlib import suppress
from uuid import UUID

from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import looking, transaction
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.settings import current_settings
from shop.orders.order_book import CARD, Order, lines_of
from shop.orders.placing import order_subject
from shop.orders.requoting import ask_for_new_quote_if_fallen
from shop.payments.attempt_states import AttemptFacts, may_start_another
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.customers import customer_of
from shop.payments.gateway import GatewayFailed, GatewayRefused, HostedPage, PaymentGateway
from shop.payments.money_in import due_cents
from shop.payments.pages import note_facts
from shop.payments.parameters import items_due, page_parameters
from shop.payments.reconcile import reconcile
from shop.payments.record import lock_order
from shop.payments.seen import UNKNOWN, Kind, Overtaken, Verdict, look
from shop.renewals.attempts import is_being_charged

_MOST_ROUNDS = 4
_MOST_LOOKS = 3
_GONE = "resource_missing"


class NotPayable(Exception):
    """This order cannot be paid by card now; `state` says why: it is not waiting, or its money is on its way."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def start_checkout(order_id: UUID, gateway: PaymentGateway) -> HostedPage:
    """The page on which an order is paid: the open one where there is one, else a new one (edge).

    A double click and a timeout reuse attempt n; only an expired or failed attempt makes n+1. Raises NotPayable,
    GatewayRefused (nothing was made), GatewayUnavailable (nobody knows: try again, or pay by transfer).
    """
    with transaction() as session:
        # A service that has moved is found here, before anybody can be charged for it (M14).
        order = lock_order(session, order_id)
        ask_for_new_quote_if_fallen(session, order)
        if is_being_charged(session, order.id):
            raise NotPayable("AWAITING_FUNDS")
        overtaken = _asks_too_much(session, order)
    _refuse_unpayable(order)
    customer_id = customer_of(order.buyer_party_id, gateway)
    if overtaken:
        close_checkout(order_id, gateway)
    for _ in range(_MOST_ROUNDS):
        with transaction() as session:
            attempt = _current_attempt(session, lock_order(session, order_id), customer_id)
        fault_point("checkout.attempt_committed")
        if attempt.session_id is None:
            page = send_attempt(attempt.id, gateway)
            if page is not None:
                return page
        elif attempt.url is not None and attempt.expires_at > clock.real_now():
            return HostedPage(attempt.session_id, attempt.url)
        else:
            settle_attempt(attempt.id, gateway)
    raise NotPayable("UNSETTLED")


def _asks_too_much(session: Session, order: Order) -> bool:
    """Whether part of the order was paid otherwise after its page was opened: that page is closed first."""
    pages = [one for one in attempts_of(session, order.id) if one.state == "OPEN"]
    return any(one.amount_cents != due_cents(session, order) for one in pages)


def _refuse_unpayable(order: Order) -> None:
    if order.state != "AWAITING_PAYMENT":
        raise NotPayable(order.state)
    if order.payment_method != CARD:
        raise NotPayable("BANK_TRANSFER")
    if order.gross_cents == 0:
        raise NotPayable("NOTHING_TO_PAY")


def _current_attempt(session: Session, order: Order, customer_id: str) -> PaymentAttempt:
    """The order's open attempt, or the next one, stored before anybody is called. Raises NotPayable."""
    _refuse_unpayable(order)
    attempts = attempts_of(session, order.id)
    last = attempts[-1] if attempts else None
    if last is not None and last.state == "OPEN":
        return last
    if last is not None and not may_start_another(last.state):
        raise NotPayable(last.state)
    settings, now, due = current_settings(), clock.real_now(), due_cents(session, order)
    # Whole seconds: what is stored must be what is sent.
    expires_at = (now + settings.checkout_session_lifetime).replace(microsecond=0)
    attempt = PaymentAttempt(
        id=new_id(),
        order_id=order.id,
        number=len(attempts) + 1,
        amount_cents=due,
        currency=order.currency,
        parameters=page_parameters(
            order, items_due(order, lines_of(session, order.id), due), customer_id, expires_at, settings
        ),
        expires_at=expires_at,
        created_at=now,
    )
    session.add(attempt)
    session.flush()
    record_event(session, "payment.started", order_subject(order), attempt=attempt.number)
    return attempt


def send_attempt(attempt_id: UUID, gateway: PaymentGateway) -> HostedPage | None:
    """Create the attempt's page from its stored parameters and keep id and address (edge); None: not to be paid on.

    The key makes it one page however often it is sent. Raises GatewayUnavailable: the attempt stays unknown;
    GatewayRefused: there is no page, the attempt has failed and the buyer may begin another. An inner failure of the
    gateway is kept under the key for a day, so the page is looked for instead.
    """
    with looking() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
    if attempt.session_id is not None or attempt.state != "OPEN":
        return None
    try:
        page = gateway.create_checkout_session(f"order-{attempt.order_id}-attempt-{attempt.number}", attempt.parameters)
    except GatewayFailed as failure:
        found = _made_all_the_same(attempt, gateway)
        if found is None:
            _give_up(attempt)
            raise GatewayRefused("api_error") from failure
        page = found
    except GatewayRefused:
        _give_up(attempt)
        raise
    fault_point("checkout.called")
    with transaction() as session:
        order = lock_order(session, attempt.order_id)
        stored = session.get_one(PaymentAttempt, attempt_id, populate_existing=True)
        stored.session_id, stored.url = page.session_id, page.url
    fault_point("checkout.stored")
    return page if order.state == "AWAITING_PAYMENT" and stored.state == "OPEN" else None


def _made_all_the_same(attempt: PaymentAttempt, gateway: PaymentGateway) -> HostedPage | None:
    """The page of an attempt whose creation failed inside the gateway: it may exist, and no other attempt has it."""
    reference = attempt.parameters["client_reference_id"]
    pages = [
        page
        for page in gateway.pages_of_customer(str(attempt.parameters["customer"]))
        if page["client_reference_id"] == reference and page["expires_at"] == attempt.parameters["expires_at"]
    ]
    with transaction() as session:
        known = {one.session_id for one in attempts_of(session, attempt.order_id)}
    return next((HostedPage(str(one["id"]), str(one["url"])) for one in pages if one["id"] not in known), None)


def _give_up(attempt: PaymentAttempt) -> None:
    """No page of this attempt exists, so nobody can pay on it."""
    with transaction() as session:
        order = lock_order(session, attempt.order_id)
        stored = session.get_one(PaymentAttempt, attempt.id, populate_existing=True)
        note_facts(stored, AttemptFacts(cancelled=True))
        record_event(session, "payment.failed", order_subject(order), attempt=stored.number)


def settle_attempt(attempt_id: UUID, gateway: PaymentGateway) -> Verdict:
    """Look at the attempt's page anew and apply it (edge); answers the verdict."""
    with transaction() as session:
        attempt = session.get_one(PaymentAttempt, attempt_id)
    if attempt.session_id is None:
        return UNKNOWN
    try:
        return look_and_reconcile(gateway, "checkout_session", attempt.session_id)
    except GatewayRefused as refusal:
        if refusal.code != _GONE:
            raise
        # Stripe does not know the page (a simulator begun anew, another account): nobody can pay on it.
        _give_up(attempt)
        return Verdict("gone", attempt.order_id)


def look_and_reconcile(gateway: PaymentGateway, kind: Kind, object_id: str) -> Verdict:
    """Look at an object and apply it (edge), again when another look overtook this one; answers the verdict."""
    for _ in range(_MOST_LOOKS - 1):
        seen = look(gateway, kind, object_id)
        try:
            with transaction() as session:
                return reconcile(session, seen)
        except Overtaken:
            continue
    seen = look(gateway, kind, object_id)
    with transaction() as session:
        return reconcile(session, seen)


def close_checkout(order_id: UUID, gateway: PaymentGateway) -> None:
    """Close the page of an order that is no longer to be paid by card (cancelled, expired, by transfer) (edge)."""
    with transaction() as session:
        pending = [one for one in attempts_of(session, order_id) if one.state == "OPEN"]
    for attempt in pending:
        if attempt.session_id is None:
            send_attempt(attempt.id, gateway)
            close_checkout(order_id, gateway)
            return
        # A refusal means that it is not open any more: paid or expired meanwhile, which the look will tell.
        with suppress(GatewayRefused):
            gateway.expire_checkout_session(attempt.session_id)
        settle_attempt(attempt.id, gateway)
