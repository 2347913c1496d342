"""Automatic renewal by card (F004-22): the saved card, the mandate, its one attempt per end, and what is told of it."""

__all__: list[str] = []
