"""Services that run (S004): a base service, its modules and seats, their terms, and what time does to them."""

__all__: list[str] = []
