"""Contracts: what must be signed before some products are bought (F003-19)."""

__all__: list[str] = []
