"""Provisioning (M25): having the vendor's accounting software create a company, once, whatever happens in between."""

__all__: list[str] = []
