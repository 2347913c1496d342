"""The parameters of a Checkout Session: built once, stored with the attempt, sent as stored."""

from collections.abc import Sequence
from datetime import datetime

from foundation.database import JsonObject
from foundation.settings import Settings
from shop.orders.order_book import Order, OrderLine

MOST_METADATA_KEYS = 50
LONGEST_METADATA_KEY = 40
LONGEST_METADATA_VALUE = 500
LONGEST_REFERENCE = 200
PAGE_LANGUAGE = "it"


class ParametersRefused(Exception):
    """Stripe would refuse these parameters; `reason` says which limit they pass."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def page_parameters(
    order: Order, items: Sequence[JsonObject], customer_id: str, expires_at: datetime, settings: Settings
) -> JsonObject:
    """Everything a Checkout Session for an order is created with. Raises ParametersRefused."""
    metadata = {"order_id": str(order.id), "shop_env": settings.shop_env}
    result_page, cancel_page = _ways_back(order, settings.public_url)
    parameters: JsonObject = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "locale": PAGE_LANGUAGE,
        "client_reference_id": order.number,
        "metadata": metadata,
        # Stripe does not copy the page's metadata to the payment intent.
        "payment_intent_data": {"metadata": dict(metadata)},
        "line_items": list(items),
        "customer": customer_id,
        "allowed_payment_method_types": ["card", "sepa_debit"] if settings.sepa_debit else ["card"],
        # An Italian invoice is in euro.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(expires_at.timestamp()),
        "success_url": result_page,
        "cancel_url": cancel_page,
    }
    check_limits(parameters)
    return parameters


def _ways_back(order: Order, public_url: str) -> tuple[str, str]:
    """Where the page leads after paying, and without: an invited client's addresses carry no link of ours (M11)."""
    if order.cart_id is None:
        back = f"{public_url}/invito/esito"
        return f"{back}?sessione={{CHECKOUT_SESSION_ID}}", f"{back}?ordine={order.number}"
    back = f"{public_url}/ordini/{order.number}"
    return f"{back}/esito?sessione={{CHECKOUT_SESSION_ID}}", back


def items_due(order: Order, lines: Sequence[OrderLine], due_cents: int) -> list[JsonObject]:
    """The items of a page: the order's lines, or one item for the rest of an order that is paid in part already."""
    if due_cents == order.gross_cents:
        return [line_item(line, order.currency) for line in lines]
    return [_item(f"Saldo ordine {order.number}", due_cents, order.currency)]


def line_item(line: OrderLine, currency: str) -> JsonObject:
    """One item per order line, quantity 1, the quantity in its name: so the items sum exactly to the total."""
    return _item(f"{line.quantity} × {line.names[PAGE_LANGUAGE]}", line.net_cents + line.vat_cents, currency)


def _item(name: str, amount_cents: int, currency: str) -> JsonObject:
    price = {"currency": currency.lower(), "unit_amount": amount_cents, "product_data": {"name": name}}
    return {"quantity": 1, "price_data": price}


def check_limits(parameters: JsonObject) -> None:
    """Refuse what Stripe would refuse, before calling. Raises ParametersRefused."""
    metadata: dict[str, str] = parameters["metadata"]
    if len(metadata) > MOST_METADATA_KEYS:
        raise ParametersRefused(f"more than {MOST_METADATA_KEYS} metadata keys")
    if any(len(key) > LONGEST_METADATA_KEY for key in metadata):
        raise ParametersRefused(f"a metadata key of more than {LONGEST_METADATA_KEY} characters")
    if any(len(value) > LONGEST_METADATA_VALUE for value in metadata.values()):
        raise ParametersRefused(f"a metadata value of more than {LONGEST_METADATA_VALUE} characters")
    if len(parameters["client_reference_id"]) > LONGEST_REFERENCE:
        raise ParametersRefused(f"a reference of more than {LONGEST_REFERENCE} characters")
