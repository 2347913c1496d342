"""The shop: catalogue, carts, orders, payments and accounts."""

from shop.accounts.people import ApiToken, Membership, User, WebSession
from shop.addons import CompanyServices
from shop.catalogue import BuyerFacts, PriceBookView, Product, check_catalogue, view_of
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import Order, OrderLine, order_by_number
from shop.orders.placing import Placement, place_order
from shop.payments import stripe_facts
from shop.payments.checkout import (
    NotPayable,
    close_checkout,
    look_and_reconcile,
    settle_attempt,
    start_checkout,
)
from shop.payments.gateway import GatewayRefused, GatewayUnavailable, HostedPage, PaymentGateway, StripeGateway
from shop.payments.janitor import Settled, pending_payments, settle_pending
from shop.payments.memory_gateway import MemoryGateway
from shop.payments.method import change_payment_method
from shop.payments.reconcile import reconcile
from shop.payments.record import MoneyFact, lock_order, record_payment
from shop.payments.refund_plans import (
    NotFulfilled,
    NothingToRefund,
    Refundable,
    RefundBlocked,
    RefundExceedsWhatIsLeft,
    RefundWish,
    refundable,
)
from shop.payments.refund_requests import RefundRefused
from shop.payments.results import paid_order
from shop.payments.seen import Kind, Overtaken, Seen, Verdict, look
from shop.payments.transfers_at_stripe import excess_at_stripe
from shop.quotes import Companies, price_lines
from shop.transfers import (
    ReturnFact,
    TransferFact,
    UnknownTransfer,
    record_return,
    record_transfer,
    record_unknown_return,
)
from shop.wanted_lines import WantedLine

__all__ = [
    "ApiToken",
    "BuyerFacts",
    "Companies",
    "CompanyServices",
    "GatewayRefused",
    "GatewayUnavailable",
    "HostedPage",
    "Kind",
    "Membership",
    "MemoryGateway",
    "MoneyFact",
    "NotFulfilled",
    "NotPayable",
    "NothingToRefund",
    "Order",
    "OrderLine",
    "Overtaken",
    "PaymentGateway",
    "Placement",
    "PriceBookView",
    "Product",
    "RefundBlocked",
    "RefundExceedsWhatIsLeft",
    "RefundRefused",
    "RefundWish",
    "Refundable",
    "ReturnFact",
    "Seen",
    "Settled",
    "StripeGateway",
    "TransferFact",
    "UnknownTransfer",
    "User",
    "Verdict",
    "WantedLine",
    "WebSession",
    "change_payment_method",
    "check_catalogue",
    "close_checkout",
    "excess_at_stripe",
    "fulfil",
    "lock_order",
    "look",
    "look_and_reconcile",
    "order_by_number",
    "paid_order",
    "pending_payments",
    "place_order",
    "price_lines",
    "reconcile",
    "record_payment",
    "record_return",
    "record_transfer",
    "record_unknown_return",
    "refundable",
    "settle_attempt",
    "settle_pending",
    "start_checkout",
    "stripe_facts",
    "view_of",
]
