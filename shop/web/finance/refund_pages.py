"""Refunds of an order: what may go back, what that does, shown before the click; asked for in four eyes (D10)."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import Order, order_by_number
from shop.payments.gateway import GatewayRefused, GatewayUnavailable
from shop.payments.late_payments import late_payments
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import (
    WAYS,
    NotFulfilled,
    NothingToRefund,
    Refundable,
    RefundBlocked,
    RefundChanged,
    RefundExceedsWhatIsLeft,
    RefundShown,
    RefundWish,
    amount_of,
    refundable,
)
from shop.payments.refund_requests import learn_charges, requests_of
from shop.transfers.line_history import names_of
from shop.web.finance import refund_words
from shop.web.finance.reading import FINANCE, cents_of, person, seen_cents, text_of
from shop.web.finance.told import refund_refusal
from shop.web.paying import gateway

blueprint = Blueprint("desk_refunds", __name__, url_prefix="/desk/rimborsi")

LINE, AMOUNT, EVERYTHING = "riga:", "importo", "tutto"
_REFUSALS = (NotFulfilled, RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft)


class NoSuchChoice(Exception):
    """The form names no choice of this order, or no amount; `field` says which is missing."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@blueprint.get("/<number>")
@requires(*FINANCE)
def show(number: str) -> str | tuple[str, int]:
    """What may still go back of an order; with a choice in the address, what that choice does."""
    with transaction() as session:
        order = order_by_number(session, number, None)
        known = refundable(session, order)
        if not text_of("che"):
            return _form(session, order, known, {})
        try:
            wish = _wish(known)
            amount = amount_of(known, wish)
        except (*_REFUSALS, NoSuchChoice) as problem:
            return _form(session, order, known, _mistake(problem)), 422
    effects = refund_words.effects_of(known, wish, amount)
    asked = {name: text_of(name) for name in ("che", "come", "importo")}
    asked |= {"visto": str(amount), "restava": str(known.left_cents)}
    return render_template("finance/refund_confirm.html", order=order, amount=amount, effects=effects, asked=asked)


@blueprint.post("/<number>")
@requires(*FINANCE)
def do(number: str) -> Response | tuple[str, int]:
    """Give it back as it was shown; from the threshold on it waits for a second person."""
    with transaction() as session:
        order = order_by_number(session, number, None)
    try:
        learn_charges(order.id, gateway())
    except (GatewayUnavailable, GatewayRefused):
        flash(_("Stripe non risponde: non è cambiato nulla. Riprova tra poco."), "warning")
        return redirect(url_for("desk_refunds.show", number=number), 303)
    try:
        with transaction() as session:
            order = order_by_number(session, number, None, lock=True)
            wish = _wish(refundable(session, order))
            decision = ask_refund(session, order, wish, RefundShown(seen_cents(), seen_cents("restava")), person())
    except (*_REFUSALS, RefundChanged, NoSuchChoice) as problem:
        with transaction() as session:
            order = order_by_number(session, number, None)
            return _form(session, order, refundable(session, order), _mistake(problem)), 422
    if decision.state == "WAITING":
        flash(_("Richiesta registrata: l’importo è alto, la approva una seconda persona."), "info")
        return redirect(url_for("desk_finance.show", vista="da-confermare"), 303)
    flash(_("Rimborso registrato. Qui sotto vedi a che punto è."), "success")
    return redirect(url_for("desk_refunds.show", number=number), 303)


def _wish(known: Refundable) -> RefundWish:
    """What the form asks for. Raises NoSuchChoice."""
    what, way = text_of("che"), text_of("come")
    way = way if way in WAYS else next((one for one in WAYS if known.by_way[one]), WAYS[0])
    if what == EVERYTHING:
        return RefundWish(everything=True, way=way)
    if what == AMOUNT:
        cents = cents_of(text_of("importo"))
        if not cents:
            raise NoSuchChoice("importo")
        return RefundWish(amount_cents=cents, way=way)
    line_id = next((one.line.id for one in known.lines if f"{LINE}{one.line.id}" == what), None)
    if line_id is None:
        raise NoSuchChoice("che")
    return RefundWish(unused_of_line=line_id, way=way)


def _mistake(problem: Exception) -> dict[str, str]:
    if isinstance(problem, NoSuchChoice):
        said = {"importo": _("Scrivi l’importo così: 179,34."), "che": _("Scegli che cosa rimborsare.")}
        return {problem.field: said[problem.field]}
    return {"importo" if text_of("che") == AMOUNT else "che": refund_refusal(problem)}


def _form(session: Session, order: Order, known: Refundable, errors: dict[str, str]) -> str:
    requests = requests_of(session, order.id)
    people = names_of(session, {one.requested_by_user_id for one in requests if one.requested_by_user_id})
    return render_template(
        "finance/refund.html",
        order=order,
        known=known,
        late=late_payments(session, order),
        requests=requests,
        people=people,
        ways=[way for way in WAYS if known.by_way[way]],
        given={name: text_of(name) for name in ("che", "come", "importo")},
        errors=errors,
        words=refund_words,
    )
