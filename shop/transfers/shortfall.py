"""What the mail about a shortfall needs: how much is missing, and the code that pays just that."""

import re

from foundation.settings import current_settings
from pricing import Money
from shop.orders.order_book import Order
from shop.orders.transfer_instructions import InstructionsRefused, QrCode, transfer_instructions

_STROKE = re.compile(r"M(\d+) (\d+)\.5h(\d+)")


def shortfall_letter(order: Order, shortfall_cents: int) -> dict[str, str | int]:
    """The values of `payment_shortfall`: figures in cents, the code as rows of runs (mail programs draw no SVG)."""
    figures: dict[str, str | int] = {
        "shortfall_cents": shortfall_cents,
        "paid_cents": order.gross_cents - shortfall_cents,
    }
    try:
        told = transfer_instructions(current_settings().seller, order.rf_reference, Money(shortfall_cents))
    except InstructionsRefused:
        # Money that arrived is recorded whatever is wrong with our own account number.
        return figures | {"qr_rows": ""}
    return figures | {"qr_rows": rows_of_runs(told.qr)}


def rows_of_runs(code: QrCode) -> str:
    """A code as text: rows apart by "/", each its runs such as "4w 7b 2w" (modules, white or black)."""
    dark: dict[int, list[tuple[int, int]]] = {row: [] for row in range(code.size)}
    for column, row, length in _STROKE.findall(code.path):
        dark[int(row)].append((int(column), int(length)))
    return "/".join(" ".join(_runs(strokes, code.size)) for _row, strokes in sorted(dark.items()))


def _runs(strokes: list[tuple[int, int]], size: int) -> list[str]:
    runs, at = [], 0
    for column, length in sorted(strokes):
        if column > at:
            runs.append(f"{column - at}w")
        runs.append(f"{length}b")
        at = column + length
    if at < size:
        runs.append(f"{size - at}w")
    return runs
