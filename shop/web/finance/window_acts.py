"""Acts on an order in its window: fulfil it now, or hold it with a reason."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import order_by_number
from shop.transfers import hold, release
from shop.web.finance.reading import FINANCE, person, text_of

blueprint = Blueprint("desk_window", __name__, url_prefix="/desk/finanza/ordini/<number>")


@blueprint.get("/evadi")
@requires(*FINANCE)
def ask_release(number: str) -> str:
    """Say that fulfilment cannot be taken back, before it is done."""
    with transaction() as session:
        order = order_by_number(session, number, None)
    return render_template("finance/release.html", order=order, now=clock.now())


@blueprint.post("/evadi")
@requires(*FINANCE)
def do_release(number: str) -> Response:
    """Fulfil before the window has passed, or end a hold."""
    with transaction() as session:
        done = release(session, order_by_number(session, number, None, lock=True), person())
    flash(_("Ordine %(number)s evaso.", number=number) if done else _("L’ordine era già evaso."), "success")
    return redirect(url_for("desk_finance.show"), 303)


@blueprint.get("/trattieni")
@requires(*FINANCE)
def ask_hold(number: str) -> str:
    """Ask why the order is to stop."""
    with transaction() as session:
        order = order_by_number(session, number, None)
    return render_template("finance/hold.html", order=order, reason="", errors={})


@blueprint.post("/trattieni")
@requires(*FINANCE)
def do_hold(number: str) -> Response | tuple[str, int]:
    """Stop the window, with a reason."""
    reason = text_of("motivo", 500)
    with transaction() as session:
        order = order_by_number(session, number, None, lock=True)
        if not reason:
            errors = {"motivo": _("Scrivi perché l’ordine si ferma: lo legge chi viene dopo.")}
            return render_template("finance/hold.html", order=order, reason="", errors=errors), 422
        hold(session, order, reason, person())
    flash(_("Ordine %(number)s trattenuto.", number=number), "success")
    return redirect(url_for("desk_finance.show", vista="trattenuti"), 303)
