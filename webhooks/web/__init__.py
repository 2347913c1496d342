"""The letterbox's endpoints. `install` is called once by the composition root."""

from flask import Flask

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add the endpoints letters arrive at."""
