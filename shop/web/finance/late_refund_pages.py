"""Late card money of a closed order (D11): where it is, what giving it back does, and giving it back in four eyes."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import Order, order_by_number
from shop.payments.gateway import GatewayRefused, GatewayUnavailable
from shop.payments.late_payments import late_payments, orders_paid_with_credit
from shop.payments.late_refunds import CreditIsSpent, LateRefundWish, ask_late_refund, late_amount, late_payment
from shop.payments.refund_plans import NothingToRefund, RefundBlocked, RefundChanged, RefundExceedsWhatIsLeft
from shop.payments.refund_requests import learn_charges, requests_of
from shop.payments.reversals import disputed
from shop.transfers.line_history import names_of
from shop.web.finance import late_refund_words, refund_words
from shop.web.finance.reading import FINANCE, cents_of, id_of, person, seen_cents, text_of
from shop.web.paying import gateway

blueprint = Blueprint("desk_late_refunds", __name__, url_prefix="/desk/rimborsi/<number>/carta")


class AmountUnread(Exception):
    """What was typed is no amount."""


_REFUSALS = (AmountUnread, RefundBlocked, NothingToRefund, CreditIsSpent, RefundExceedsWhatIsLeft, RefundChanged)


@blueprint.get("")
@requires(*FINANCE)
def show(number: str) -> str | tuple[str, int]:
    """The card payments of a closed order; with one in the address, what giving it back does."""
    with transaction() as session:
        order = order_by_number(session, number, None)
        if not text_of("pagamento"):
            return _form(session, order, {})
        try:
            wish = _wish()
            late = late_payment(session, order, wish.payment_id)
            amount = late_amount(session, order, late, wish)
        except _REFUSALS as problem:
            return _form(session, order, _mistake(problem)), 422
    return render_template(
        "finance/late_refund_confirm.html",
        order=order,
        amount=amount,
        effects=late_refund_words.late_effects(late, amount),
        asked={name: text_of(name) for name in ("pagamento", "importo")} | {"visto": str(late.left_cents)},
    )


@blueprint.post("")
@requires(*FINANCE)
def do(number: str) -> Response | tuple[str, int]:
    """Give it back as it was shown; from the threshold on it waits for a second person."""
    with transaction() as session:
        order = order_by_number(session, number, None)
    try:
        learn_charges(order.id, gateway())
    except (GatewayUnavailable, GatewayRefused):
        flash(_("Stripe non risponde: non è cambiato nulla. Riprova tra poco."), "warning")
        return redirect(url_for("desk_late_refunds.show", number=number), 303)
    try:
        with transaction() as session:
            order = order_by_number(session, number, None, lock=True)
            decision = ask_late_refund(session, order, _wish(), seen_cents(), person())
    except _REFUSALS as problem:
        with transaction() as session:
            return _form(session, order_by_number(session, number, None), _mistake(problem)), 422
    if decision.state == "WAITING":
        flash(_("Richiesta registrata: l’importo è alto, la approva una seconda persona."), "info")
        return redirect(url_for("desk_finance.show", vista="da-confermare"), 303)
    flash(_("Rimborso registrato. Qui sotto vedi a che punto è."), "success")
    return redirect(url_for("desk_late_refunds.show", number=number), 303)


def _wish() -> LateRefundWish:
    """What the form asks for. Raises AmountUnread, NothingToRefund."""
    payment_id, typed = id_of("pagamento"), text_of("importo")
    if payment_id is None:
        raise NothingToRefund
    cents = cents_of(typed) if typed else None
    if typed and not cents:
        raise AmountUnread
    return LateRefundWish(payment_id, cents)


def _mistake(problem: Exception) -> dict[str, str]:
    if isinstance(problem, AmountUnread):
        return {"importo": _("Scrivi l’importo così: 179,34.")}
    return {"importo" if text_of("importo") else "pagamento": late_refund_words.late_refusal(problem)}


def _form(session: Session, order: Order, errors: dict[str, str]) -> str:
    known, requests = late_payments(session, order), requests_of(session, order.id)
    first = next((late.payment.id for late in known if late.left_cents), None)
    spent = any(late.spent_cents for late in known)
    return render_template(
        "finance/late_refund.html",
        order=order,
        known=known,
        blocked=disputed(session, order.id),
        spent_on=orders_paid_with_credit(session, order.buyer_party_id) if spent else [],
        requests=requests,
        people=names_of(session, {one.requested_by_user_id for one in requests if one.requested_by_user_id}),
        given={"pagamento": id_of("pagamento") or first, "importo": text_of("importo")},
        errors=errors,
        words=late_refund_words,
        refund_words=refund_words,
    )
