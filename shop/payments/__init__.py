"""Payments: the one door for money, and the payment gateway with its attempts and facts."""

__all__: list[str] = []
