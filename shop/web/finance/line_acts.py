"""Acts on a line: allocate it to an order, take it off again, credit what is left, note that it was sent back."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from foundation import formats
from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import Order, OrderNotFound, order_by_number
from shop.payments.money_in import BankLine, Payment, paid_cents
from shop.transfers import (
    AllocationRefused,
    FinanceDecision,
    LineNotFound,
    allocate_by_hand,
    ask_store_credit,
    ask_to_send_back,
    lock_line,
    take_off,
    unallocated,
)
from shop.transfers.replacing import replace_confirmed
from shop.web.finance.reading import FINANCE, cents_of, id_of, person, text_of
from shop.web.finance.told import refusal_sentence

blueprint = Blueprint("desk_line_acts", __name__, url_prefix="/desk/finanza/movimenti/<uuid:line_id>")


@blueprint.get("/assegna")
@requires(*FINANCE)
def ask_allocation(line_id: UUID) -> str:
    """Say what allocating does, before it is done."""
    with transaction() as session:
        return _allocation_page(session, line_id, {})


@blueprint.post("/assegna")
@requires(*FINANCE)
def do_allocation(line_id: UUID) -> Response | tuple[str, int]:
    """Allocate so much of the line to an order; without an amount, as much as fits."""
    with transaction() as session:
        line, payment = lock_line(session, line_id)
        order = order_by_number(session, text_of("ordine", 40), None, lock=True)
        fitting = min(unallocated(session, payment), order.gross_cents - paid_cents(session, order.id))
        amount = cents_of(text_of("importo")) if text_of("importo") else fitting
        if amount is None:
            return _allocation_page(session, line_id, {"importo": _("Scrivi l’importo così: 179,34.")}), 422
        try:
            allocate_by_hand(session, line, payment, order, amount, person())
        except AllocationRefused as problem:
            flash(refusal_sentence(problem), "error")
            return _back(line_id)
        flash(_("Assegnati %(cents)s a %(number)s.", cents=_money(amount), number=order.number), "success")
    return _back(line_id)


def _allocation_page(session: Session, line_id: UUID, errors: dict[str, str]) -> str:
    line, payment = lock_line(session, line_id)
    order = order_by_number(session, text_of("ordine", 40), None)
    left, owed = unallocated(session, payment), order.gross_cents - paid_cents(session, order.id)
    return render_template(
        "finance/allocate.html",
        line=line,
        left=left,
        order=order,
        owed=owed,
        amount=text_of("importo") or _money(min(left, max(owed, 0))).replace("\u00a0€", ""),
        errors=errors,
    )


@blueprint.get("/togli")
@requires(*FINANCE)
def ask_take_off(line_id: UUID) -> str:
    """Say what taking a line off an order does, before it is done."""
    with transaction() as session:
        line, _payment = lock_line(session, line_id)
        order = order_by_number(session, text_of("ordine", 40), None)
    return render_template("finance/take_off.html", line=line, order=order)


@blueprint.post("/togli")
@requires(*FINANCE)
def do_take_off(line_id: UUID) -> Response:
    """Take a line off an order it was not for."""
    with transaction() as session:
        line, payment = lock_line(session, line_id)
        order = order_by_number(session, text_of("ordine", 40), None, lock=True)
        cents = take_off(session, line, payment, order, person())
    flash(_("Tolti %(cents)s da %(number)s.", cents=_money(cents), number=order.number), "success")
    return _back(line_id)


@blueprint.get("/accredita")
@requires(*FINANCE)
def ask_credit(line_id: UUID) -> str:
    """Whose credit it becomes is found by one of their orders; then what it does is said."""
    with transaction() as session:
        return _surplus_page(session, line_id, "finance/credit.html", _buyer(session))


@blueprint.post("/accredita")
@requires(*FINANCE)
def do_credit(line_id: UUID) -> Response | tuple[str, int]:
    """What is left becomes store credit of the buyer of the named order; a large sum waits for a second person."""
    with transaction() as session:
        order = _buyer(session)
        if order is None:
            errors = {"ordine": _("Scrivi il numero di un ordine di chi riceve il credito.")}
            return _surplus_page(session, line_id, "finance/credit.html", None, errors), 422
        line, payment = lock_line(session, line_id)
        decision = ask_store_credit(session, line, payment, order.buyer_party_id, person())
    _say(decision, _("%(cents)s passati a credito residuo.", cents=_money(decision.amount_cents)))
    return _back(line_id)


@blueprint.get("/restituito")
@requires(*FINANCE)
def ask_sent_back(line_id: UUID) -> str:
    """Say what noting a return does, before it is done."""
    with transaction() as session:
        return _surplus_page(session, line_id, "finance/sent_back.html", None)


@blueprint.post("/restituito")
@requires(*FINANCE)
def do_sent_back(line_id: UUID) -> Response:
    """Finance has sent what is left back at the bank; a large sum waits for a second person."""
    with transaction() as session:
        line, payment = lock_line(session, line_id)
        decision = ask_to_send_back(session, line, payment, person())
    _say(decision, _("%(cents)s segnati come restituiti.", cents=_money(decision.amount_cents)))
    return _back(line_id)


@blueprint.post("/stesso-bonifico")
@requires(*FINANCE)
def do_replace(line_id: UUID) -> Response:
    """The bank has told what a person had confirmed by hand: the two become one."""
    other = id_of("confermato")
    if other is None:
        raise LineNotFound
    with transaction() as session:
        # In one order of ids, whoever asks: two people at once do not block each other.
        held = {one: lock_line(session, one) for one in sorted({line_id, other})}
        replace_confirmed(session, held[line_id], held[other], person())
    flash(_("Il movimento confermato a mano è ora quello della banca."), "success")
    return _back(line_id)


def _surplus_page(
    session: Session, line_id: UUID, template: str, order: Order | None, errors: dict[str, str] | None = None
) -> str:
    line, payment = lock_line(session, line_id)
    left = _something_left(session, line, payment)
    return render_template(
        template, line=line, left=left, order=order, errors=errors or {}, asked=text_of("ordine", 40)
    )


def _something_left(session: Session, _line: BankLine, payment: Payment) -> int:
    left = unallocated(session, payment)
    if left <= 0:
        raise AllocationRefused("nothing_left")
    return left


def _buyer(session: Session) -> Order | None:
    try:
        return order_by_number(session, text_of("ordine", 40).upper(), None)
    except OrderNotFound:
        return None


def _say(decision: FinanceDecision, done: str) -> None:
    if decision.state == "WAITING":
        flash(_("Richiesta registrata: l’importo è alto, la approva una seconda persona."), "info")
    else:
        flash(done, "success")


def _money(cents: int) -> str:
    return formats.money(cents, formats.readers_language())


def _back(line_id: UUID) -> Response:
    """Back to the list it was done from, or to the line."""
    view = request.form.get("vista", "")
    if view in {"non-identificati", "eccedenti"}:
        return redirect(url_for("desk_finance.show", vista=view), 303)
    return redirect(url_for("desk_line.show", line_id=line_id), 303)
