"""The pages and the API of the shop."""

__all__: list[str] = []
