"""Decisions in four eyes: confirm a transfer by hand, approve or decline what a colleague asked for."""

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation import clock
from foundation.access import requires
from foundation.database import apart, transaction
from foundation.settings import current_settings
from shop.orders.order_book import Order, OrderNotFound, order_by_number
from shop.payments.late_payments import late_payments
from shop.payments.late_refunds import late_wish_of
from shop.payments.money_in import BankLine, paid_cents
from shop.payments.refund_decisions import wish_of
from shop.payments.refund_plans import refundable
from shop.transfers import ConfirmationRefused, FinanceDecision, approve, ask_confirmation, decline, lock_decision
from shop.transfers.desk_lists import lines_alike
from shop.transfers.four_eyes import REFUND
from shop.transfers.line_history import names_of
from shop.transfers.matching import EURO
from shop.web.finance.late_refund_words import late_effects
from shop.web.finance.reading import FINANCE, cents_of, day_of, person, text_of
from shop.web.finance.refund_words import effects_of
from shop.web.finance.told import refusal_sentence

blueprint = Blueprint("desk_decisions", __name__, url_prefix="/desk/finanza")


@blueprint.get("/conferma-a-mano")
@requires(*FINANCE)
def ask_by_hand() -> str:
    """The form of a transfer that a person saw on the account."""
    return _form({})


@blueprint.post("/conferma-a-mano")
@requires(*FINANCE)
def do_by_hand() -> Response | tuple[str, int]:
    """Record it as if the bank had told it; from the threshold on it waits for a second person."""
    booked_on, cents = day_of("giorno"), cents_of(text_of("importo"))
    try:
        with transaction() as session:
            order = _order(session)
            if order is None or cents is None or booked_on is None:
                return _form(_mistakes(order, cents, booked_on)), 422
            decision = ask_confirmation(session, order, booked_on, cents, person())
    except ConfirmationRefused as problem:
        return _form({_FIELDS.get(problem.reason, ""): refusal_sentence(problem)}), 422
    if decision.state == "WAITING":
        flash(_("Richiesta registrata: l’importo è alto, la approva una seconda persona."), "info")
        return redirect(url_for("desk_finance.show", vista="da-confermare"), 303)
    flash(_("Bonifico registrato per %(number)s.", number=order.number), "success")
    return redirect(url_for("orders.show", number=order.number), 303)


_FIELDS = {"day": "giorno", "amount": "importo"}


def _mistakes(order: Order | None, cents: int | None, booked_on: date | None) -> dict[str, str]:
    errors = {}
    if order is None:
        errors["ordine"] = _("Non troviamo quest’ordine: il numero ha la forma ORD-2026-000123.")
    if booked_on is None:
        errors["giorno"] = _("Scegli il giorno dell’accredito.")
    if cents is None:
        errors["importo"] = _("Scrivi l’importo così: 179,34.")
    return errors


def _form(errors: dict[str, str]) -> str:
    with apart() as session:
        order = _order(session)
        owed = order.gross_cents - paid_cents(session, order.id) if order else None
        alike = lines_alike(session, owed) if owed else []
    return render_template(
        "finance/by_hand.html",
        order=order,
        owed=owed,
        alike=alike,
        given={name: text_of(name) for name in ("ordine", "giorno", "importo")},
        today=clock.today(),
        threshold=current_settings().manual_confirmation_four_eyes,
        errors=errors,
    )


def _order(session: Session) -> Order | None:
    try:
        return order_by_number(session, text_of("ordine", 40).upper(), None)
    except OrderNotFound:
        return None


@blueprint.get("/richieste/<uuid:decision_id>")
@requires(*FINANCE)
def show(decision_id: UUID) -> str:
    """What was asked for, by whom, and what approving does."""
    with transaction() as session:
        decision = lock_decision(session, decision_id)
        order = session.get(Order, decision.order_id) if decision.order_id else None
        asked_by = decision.asked_by_user_id
        people = names_of(session, {asked_by} if asked_by else set())
        effects = _effects(session, decision, order)
        line = session.get(BankLine, decision.subject_id) if decision.subject_kind == "bank_line" else None
    return render_template(
        "finance/decision.html",
        decision=decision,
        currency=line.currency if line else EURO,
        order=order,
        people=people,
        own=asked_by == person().user_id,
        effects=effects,
    )


def _effects(session: Session, decision: FinanceDecision, order: Order | None) -> list[str]:
    """What a refund would do now: the second person sees what the first one saw."""
    if decision.kind != REFUND or order is None:
        return []
    wish = late_wish_of(decision)
    if wish is not None:
        known = [late for late in late_payments(session, order) if late.payment.id == wish.payment_id]
        return [effect for late in known for effect in late_effects(late, decision.amount_cents)]
    return effects_of(refundable(session, order), wish_of(decision), decision.amount_cents)


@blueprint.post("/richieste/<uuid:decision_id>/approva")
@requires(*FINANCE)
def do_approve(decision_id: UUID) -> Response:
    """A second person approves; whoever asked is refused (403)."""
    with transaction() as session:
        approve(session, lock_decision(session, decision_id), person())
    flash(_("Richiesta approvata."), "success")
    return redirect(url_for("desk_finance.show", vista="da-confermare"), 303)


@blueprint.post("/richieste/<uuid:decision_id>/rifiuta")
@requires(*FINANCE)
def do_decline(decision_id: UUID) -> Response:
    """Say no, or withdraw what one asked for."""
    with transaction() as session:
        decline(session, lock_decision(session, decision_id), person())
    flash(_("Richiesta rifiutata: non è cambiato nulla."), "success")
    return redirect(url_for("desk_finance.show", vista="da-confermare"), 303)
