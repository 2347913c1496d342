"""From an order to the hosted payment page, outside any transaction; when the page does not answer, the order waits."""

from flask import current_app, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation.logs import log
from shop.orders.order_book import Order
from shop.payments.checkout import NotPayable, close_checkout, start_checkout
from shop.payments.gateway import GatewayRefused, GatewayUnavailable, PaymentGateway


def go_to_the_payment_page(order: Order, order_page: str = "") -> Response:
    """Open the hosted page; without it the order's own page offers to try again or to pay by bank transfer.

    `order_page` is that page's address when it is not the one of a buyer with an account.
    """
    back = redirect(order_page or url_for("orders.show", number=order.number), 303)
    try:
        page = start_checkout(order.id, gateway())
    except NotPayable:
        flash(_("Quest’ordine ora non si può pagare con carta: qui vedi a che punto è."), "info")
        return back
    except (GatewayUnavailable, GatewayRefused):
        flash(
            _("La pagina di pagamento non risponde. L’ordine è al sicuro: riprova tra poco, o paga con bonifico."),
            "warning",
        )
        return back
    return redirect(page.url, 303)


def close_the_payment_page(order: Order) -> None:
    """Close a hosted page that is still open, so that nobody pays there by mistake.

    Silence is no harm: money that comes all the same is recorded and never lost (D11).
    """
    try:
        close_checkout(order.id, gateway())
    except (GatewayUnavailable, GatewayRefused):
        log().warning("payment page not closed", subject_id=order.id)


def gateway() -> PaymentGateway:
    """The payment gateway this application was built with."""
    found: PaymentGateway = current_app.extensions["gettone.gateway"]
    return found
