"""Measurements anyone can reproduce: `make bench`. Each figure is a ratio or a median, taken in one run."""

__all__: list[str] = []
