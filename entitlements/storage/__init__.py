"""Storage (F004-27): how much of it the vendor's software reports in use, and how much there is."""

__all__: list[str] = []
