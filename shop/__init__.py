"""The shop: catalogue, carts, orders, payments and accounts."""

from shop.accounts.people import ApiToken, Membership, User, WebSession
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import Order, OrderLine, OrderNotFound, order_by_number
from shop.orders.placing import Placement, place_order
from shop.payments import stripe_facts
from shop.payments.gateway import GatewayRefused, GatewayUnavailable, HostedPage, PaymentGateway, StripeGateway
from shop.payments.memory_gateway import MemoryGateway
from shop.payments.record import MoneyFact, lock_order, record_payment

__all__ = [
    "ApiToken",
    "GatewayRefused",
    "GatewayUnavailable",
    "HostedPage",
    "Membership",
    "MemoryGateway",
    "MoneyFact",
    "Order",
    "OrderLine",
    "OrderNotFound",
    "PaymentGateway",
    "Placement",
    "StripeGateway",
    "User",
    "WebSession",
    "fulfil",
    "lock_order",
    "order_by_number",
    "place_order",
    "record_payment",
    "stripe_facts",
]
