"""The order book and the till: catalogue, carts, orders, payments, reconciliation, accounts."""

__all__: list[str] = []
