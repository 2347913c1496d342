"""Connections (D13, D14, D22): links of studios and companies, requests, handovers and moves, the directory."""

__all__: list[str] = []
