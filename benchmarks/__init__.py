"""Measurements anyone can reproduce: `make bench`. Every figure is a ratio or a median taken in one run on one PostgreSQL."""
