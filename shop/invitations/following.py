"""Keeps an invitation in step with its client's order; other orders are left alone without a query."""

from sqlalchemy.orm import Session

from entitlements import invitations
from shop.orders.order_book import Order


def follow_order(session: Session, order: Order, move: invitations.OrderMove) -> None:
    """Tell the invitation behind an order what became of it. Only orders without a cart can have one."""
    if order.cart_id is None:
        invitations.order_moved(session, order.id, move)


def late_money_opens(session: Session, order: Order) -> bool:
    """Whether money that comes after an invited client's order has closed may still open its company (D11, D23).

    The price was locked by the invitation and stands in the order, whatever the price list says by now.
    """
    return invitations.may_be_paid_late(session, order.id)
