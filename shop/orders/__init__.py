"""The order book: placing, paying for, fulfilling, cancelling and expiring orders."""

__all__: list[str] = []
