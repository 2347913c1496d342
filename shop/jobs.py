"""The jobs and due rules of the shop: importing this module registers them."""

from flask import current_app

from shop import audit
from shop.orders import closing
from shop.payments.gateway import PaymentGateway
from shop.transfers import window

__all__ = ["window", "audit", "closing", "gateway"]


def gateway() -> PaymentGateway:
    """The payment gateway this application was built with."""
    found: PaymentGateway = current_app.extensions["gettone.gateway"]
    return found
