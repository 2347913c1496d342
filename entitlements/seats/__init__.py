"""Seats (F004-04, F004-10): places for a company's people, in lots that were bought with their own terms."""

__all__: list[str] = []
