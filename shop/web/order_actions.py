"""What a buyer may do with an order: pay again, pay in another way, cancel, have the mail again."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.access import requires
from foundation.database import transaction
from foundation.ids import new_id
from foundation.principal import Principal, current_principal
from foundation.throttle import Limit, count_try
from shop.orders.asking_again import fill_cart_again
from shop.orders.closing import cancel_order
from shop.orders.letters import mail_of
from shop.orders.order_book import BANK_TRANSFER, CARD, Order, order_by_number
from shop.orders.order_states import may
from shop.orders.placing import tell_buyer
from shop.payments.checkout import NotPayable
from shop.payments.method import change_payment_method
from shop.transfers.requoted import credited_by_requote
from shop.web.orders import reader
from shop.web.paying import close_the_payment_page, go_to_the_payment_page
from shop.web.roles import SHOPPERS

order_actions = Blueprint("order_actions", __name__)

MAILS_AGAIN = Limit(3, timedelta(hours=1))


@order_actions.post("/ordini/<number>/paga")
@requires(*SHOPPERS)
def pay(number: str) -> Response:
    """Pay by card, now or again: the hosted page that is still open, or a fresh one."""
    return _pay_by(number, CARD)


@order_actions.post("/ordini/<number>/bonifico")
@requires(*SHOPPERS)
def pay_by_transfer(number: str) -> Response:
    """Pay by bank transfer instead; a hosted page that is still open is closed, so that nobody pays twice."""
    return _pay_by(number, BANK_TRANSFER)


def _pay_by(number: str, method: str) -> Response:
    """Lead to the payment in this way; an order paid meanwhile (in another tab, by a colleague) shows how it stands."""
    try:
        with transaction() as session:
            order = order_by_number(session, number, reader(), lock=True)
            change_payment_method(session, order, method, _by())
    except NotPayable:
        flash(_("Quest’ordine ora non aspetta un pagamento: qui vedi a che punto è."), "info")
        return redirect(url_for("orders.show", number=number), 303)
    return go_to_the_payment_page(order) if method == CARD else _back(order)


@order_actions.get("/ordini/<number>/annulla")
@requires(*SHOPPERS)
def ask_to_cancel(number: str) -> str | Response:
    """What cancelling means, before it is done."""
    with transaction() as session:
        order = order_by_number(session, number, reader())
    if not may(order.state, "cancel") or order.state == "CANCELLED":
        return _back(order)
    return render_template("shop/cancel.html", order=order)


@order_actions.post("/ordini/<number>/annulla")
@requires(*SHOPPERS)
def cancel(number: str) -> Response:
    """Cancel an order that waits for its payment (F004-25)."""
    with transaction() as session:
        order = order_by_number(session, number, reader(), lock=True)
        done = cancel_order(session, order, _by())
    close_the_payment_page(order)
    if done:
        flash(_("Ordine %(number)s annullato. Non c’è nulla da pagare.", number=order.number), "success")
    return _back(order)


@order_actions.post("/ordini/<number>/mail")
@requires(*SHOPPERS)
def mail_again(number: str) -> Response:
    """Send the mail of the order's present state again, a few times an hour at most; a cancelled order has none."""
    with transaction() as session:
        order = order_by_number(session, number, reader())
    template = mail_of(order)
    if template is None:
        flash(_("Per un ordine annullato non c’è una mail da inviare."), "info")
        return _back(order)
    wait = count_try(f"order-mail:{order.id}", MAILS_AGAIN)
    if wait is not None:
        flash(
            _("L’abbiamo già rimandata da poco: riprova tra un’ora, e guarda anche nella posta indesiderata."), "info"
        )
        return _back(order)
    with transaction() as session:
        credited = credited_by_requote(session, order)
        tell_buyer(session, order, template, occasion=str(new_id()), credited_cents=credited)
    flash(_("Mail inviata di nuovo a %(email)s.", email=order.contact_email), "success")
    return _back(order)


@order_actions.post("/ordini/<number>/preventivo")
@requires(*SHOPPERS)
def quote_again(number: str) -> Response:
    """The same services in the cart, with the months and prices of today; the old order stays as it is (M14)."""
    with transaction() as session:
        order = order_by_number(session, number, reader(), lock=True)
        if order.state != "NEEDS_REQUOTE":
            return _back(order)
        fill_cart_again(session, order)
    flash(_("Nel carrello trovi gli stessi servizi con i mesi e i prezzi di oggi: controllali e concludi."), "success")
    return redirect(url_for("cart.show"), 303)


def _by() -> Principal:
    principal = current_principal()
    assert principal is not None  # noqa: S101 - `requires` let somebody in
    return principal


def _back(order: Order) -> Response:
    return redirect(url_for("orders.show", number=order.number), 303 if request.method == "POST" else 302)
