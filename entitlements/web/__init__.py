"""The pages and the API of the rights office."""

__all__: list[str] = []
