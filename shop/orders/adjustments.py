"""What agreements took off the lines of an order, as its frozen quote says (F004-26)."""

from collections.abc import Iterable
from dataclasses import dataclass

from shop.orders.order_book import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Taken:
    """Cents below zero, and the code of the agreement that took them."""

    code: str
    net_cents: int


def adjustments_of(order: Order, line: OrderLine) -> list[Taken]:
    """What was taken off one line; its net has it already."""
    stored = order.quote["inputs"]["lines"][line.position - 1]["adjustments"]
    return [Taken(one["code"], one["net_cents"]) for one in stored]


def full_net_cents(order: Order, line: OrderLine) -> int:
    """The net of a line before anything was taken off."""
    return line.net_cents - sum(one.net_cents for one in adjustments_of(order, line))


def taken_off(order: Order, lines: Iterable[OrderLine]) -> list[Taken]:
    """What each agreement took off the whole order: a row of its own under the lines."""
    sums: dict[str, int] = {}
    for line in lines:
        for one in adjustments_of(order, line):
            sums[one.code] = sums.get(one.code, 0) + one.net_cents
    return [Taken(code, cents) for code, cents in sums.items()]
