"""The jobs of the letterbox: importing this module registers them."""

from webhooks import bank_letters

__all__ = ["bank_letters"]
