"""Orders: the list, one order with its timeline, and the way back from the payment page, which grants nothing."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from entitlements import IssuedCoupons, issued_for, party_names
from foundation import clock, formats
from foundation.access import requires
from foundation.database import looking, transaction
from foundation.events import Event, events_about
from foundation.principal import current_principal
from foundation.settings import current_settings
from pricing import Money
from shop.orders.adjustments import Taken, full_net_cents, taken_off
from shop.orders.letters import mail_of
from shop.orders.order_book import (
    BANK_TRANSFER,
    Order,
    OrderLine,
    OrderSearch,
    lines_of,
    lines_of_several,
    order_by_number,
    orders_of,
    vat_of,
)
from shop.orders.order_states import ORDER_STATES, may
from shop.orders.timeline import timeline
from shop.orders.transfer_instructions import TransferInstructions, transfer_instructions
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.late_payments import late_payments
from shop.payments.lifted_cases import suspended_by_order
from shop.payments.money_in import paid_cents
from shop.payments.reversals import refunded_cents
from shop.web import order_words
from shop.web.roles import SHOPPERS
from shop.web.searching import typed

orders = Blueprint("orders", __name__)

PAGE = 25
_LIVE = frozenset({"AWAITING_PAYMENT", "PAID", "ON_HOLD"})


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything one order's page shows."""

    order: Order
    lines: list[OrderLine]
    events: list[Event]
    issued: IssuedCoupons
    attempts: list[PaymentAttempt]
    paid_cents: int
    for_names: dict[UUID, str]
    refunded_cents: int
    suspended: bool
    late: bool

    @property
    def taken_off(self) -> list[Taken]:
        """What agreements took off the order."""
        return taken_off(self.order, self.lines)

    def full_net_cents(self, line: OrderLine) -> int:
        """The net of a line before that."""
        return full_net_cents(self.order, line)

    @property
    def awaiting_funds(self) -> bool:
        """Whether a debit is on its way: paying again would be paying twice."""
        return any(attempt.state == "AWAITING_FUNDS" for attempt in self.attempts)


def reader() -> UUID | None:
    """Whose orders may be read: the buyer's own; None for the vendor's people, who see everybody's."""
    principal = current_principal()
    return principal.party_id if principal else None


@orders.get("/ordini")
@requires(*SHOPPERS)
def index() -> str:
    """The buyer's orders, newest first, a page at a time."""
    state = request.args.get("stato", "")
    state = state if state in ORDER_STATES else ""
    search, before = typed("numero", 40), _cursor(request.args.get("prima", ""))
    with looking() as session:
        found = orders_of(session, OrderSearch(reader(), state or None, search, before, PAGE + 1), in_brief=True)
        shown = found[:PAGE]
        lines = lines_of_several(session, [order.id for order in shown])
    following = url_for("orders.index", stato=state or None, numero=search or None, prima=shown[-1].id if shown else "")
    return render_template(
        "shop/orders.html",
        shown=shown,
        lines=lines,
        state=state,
        search=search,
        paged=before is not None,
        next_page=following if len(found) > PAGE else "",
        said=order_words.state_said,
        contents_said=order_words.contents_said,
        choices=order_words.state_choices(),
    )


@orders.get("/ordini/<number>")
@requires(*SHOPPERS, "finance", "support", "admin")
def show(number: str) -> Response:
    """One order; somebody else's is not there. A page that looks again hears 204 while nothing has changed."""
    return _answer(number, returned=False)


@orders.get("/ordini/<number>/esito")
@requires(*SHOPPERS)
def outcome(number: str) -> Response:
    """Where the hosted payment page leads back to. A view: whatever session it names, it only shows the order."""
    return _answer(number, returned=True)


def _answer(number: str, *, returned: bool) -> Response:
    with transaction() as session:
        order = order_by_number(session, number, reader())
        if request.args.get("versione", "") == str(order.version):
            return Response(status=204)
        page = order_page(session, order)
    return make_response(render_template("shop/order.html", **_words(page), returned=returned))


def order_page(session: Session, order: Order) -> OrderPage:
    """Read one order with all that belongs to it: a fixed number of queries, however long it is."""
    lines = lines_of(session, order.id)
    others = {line.for_party_id for line in lines} - {order.buyer_party_id}
    events = events_about(session, "order", order.id)
    refunded = any(event.type == "order.refunded" for event in events)
    return OrderPage(
        order=order,
        lines=lines,
        events=events,
        issued=issued_for(session, "order_line", [line.id for line in lines]),
        attempts=attempts_of(session, order.id),
        paid_cents=paid_cents(session, order.id),
        for_names=party_names(session, others),
        refunded_cents=refunded_cents(session, order.id) if refunded else 0,
        suspended=reader() is None and bool(suspended_by_order(session, order.id)),
        late=reader() is None and bool(late_payments(session, order)),
    )


def _words(page: OrderPage) -> dict[str, object]:
    order, locale = page.order, formats.readers_language()
    principal = current_principal()
    of_finance = principal is not None and principal.role in {"finance", "admin"}
    steps = timeline(order, page.lines, page.events, page.issued)
    return {
        "page": page,
        "order": order,
        "now": clock.now(),
        "vat": vat_of(order),
        "said": order_words.state_said(order, page.paid_cents),
        "steps": order_words.steps_said(order, page.lines, steps),
        "summary": order_words.contents_said(page.lines, locale),
        "attempts": [(attempt, order_words.attempt_said(attempt)) for attempt in page.attempts],
        "instructions": _instructions(page),
        "promised_at": order.paid_at + current_settings().bank_transfer_sla if order.paid_at else None,
        "own": principal is not None and principal.is_one_of(SHOPPERS),
        "has_mail": mail_of(order) is not None,
        "may_cancel": may(order.state, "cancel") and order.state != "CANCELLED",
        "may_refund": order.state == "FULFILLED" and of_finance,
        "may_refund_late": page.late and of_finance,
        "may_lift": page.suspended and of_finance,
        "looks_again": order.state in _LIVE,
    }


def _instructions(page: OrderPage) -> TransferInstructions | None:
    """What is still missing, to the cent: the order waits for it, or a transfer that had paid it went back."""
    order = page.order
    due = order.gross_cents - page.paid_cents
    if order.state not in {"AWAITING_PAYMENT", "FULFILLED"} or order.payment_method != BANK_TRANSFER or due <= 0:
        return None
    return transfer_instructions(current_settings().seller, order.rf_reference, Money(due))


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
