"""Line items: what the buyer pays for, with the price the shop gave inline."""

from sandbox.stripe.errors import invalid, missing, not_played
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import page_size
from sandbox.stripe.parameters import check_metadata
from sandbox.stripe.world import World

LARGEST = 99_999_999
MOST_ITEMS = 100


def build(world: World, wanted: list[Json]) -> list[Json]:
    """Return the line items asked for; ApiError for a price that cannot be charged in euro."""
    if not 1 <= len(wanted) <= MOST_ITEMS:
        raise invalid(f"line_items must have 1 to {MOST_ITEMS} items.", "line_items")
    return [_item(world, item, f"line_items[{index}]") for index, item in enumerate(wanted)]


def _item(world: World, wanted: Json, path: str) -> Json:
    for name in ("adjustable_quantity", "tax_rates"):
        if name in wanted:
            raise not_played(f"{path}[{name}]")
    if "price" in wanted:
        raise missing("price", wanted["price"], f"{path}[price]", status=400)
    if "price_data" not in wanted:
        raise invalid("You must specify either `price` or `price_data`.", path)
    quantity = wanted.get("quantity")
    if quantity is None or quantity < 1:
        raise invalid("Quantity is required and must be at least 1.", f"{path}[quantity]")
    price = _price(world, wanted["price_data"], f"{path}[price_data]")
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": wanted["price_data"]["product_data"]["name"],
        "metadata": check_metadata(wanted.get("metadata", {}), f"{path}[metadata]"),
        "price": price,
        "quantity": quantity,
    }


def _price(world: World, data: Json, path: str) -> Json:
    for name in ("product", "recurring"):
        if name in data:
            raise not_played(f"{path}[{name}]")
    if data["currency"].lower() != "eur":
        raise invalid("The simulator plays euro only.", f"{path}[currency]")
    if "product_data" not in data:
        raise invalid("You must specify `product_data`.", path)
    check_metadata(data["product_data"].get("metadata", {}), f"{path}[product_data][metadata]")
    unit_amount = _unit_amount(data, path)
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": world.clock.now(),
        "currency": "eur",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": new_id("prod", 14),
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }


def _unit_amount(data: Json, path: str) -> int:
    if ("unit_amount" in data) == ("unit_amount_decimal" in data):
        raise invalid("You must specify `unit_amount` or `unit_amount_decimal`.", path)
    amount = data.get("unit_amount")
    if amount is None:
        text = str(data["unit_amount_decimal"])
        whole, _, fraction = text.partition(".")
        if fraction.strip("0"):
            raise not_played(f"{path}[unit_amount_decimal]")
        amount = int(whole)
    if not 0 <= amount <= LARGEST:
        raise invalid(f"Invalid amount: must be 0 to {LARGEST}.", f"{path}[unit_amount]")
    return int(amount)


def listed(items: list[Json], session: str, params: Json) -> Json:
    """Return one page of a session's items, in the order the shop gave them."""
    limit = page_size(params)
    ids = [item["id"] for item in items]
    start, end = 0, len(items)
    if "starting_after" in params:
        start = _position(ids, params["starting_after"], "starting_after") + 1
    if "ending_before" in params:
        end = _position(ids, params["ending_before"], "ending_before")
        start = max(start, end - limit)
    chosen = items[start:end][:limit]
    more = start > 0 if "ending_before" in params else start + len(chosen) < end
    url = f"/v1/checkout/sessions/{session}/line_items"
    return {"object": "list", "url": url, "has_more": more, "data": chosen}


def _position(ids: list[str], wanted: str, param: str) -> int:
    if wanted not in ids:
        raise missing("item", wanted, param, status=400)
    return ids.index(wanted)
