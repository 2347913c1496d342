"""The rights office's pages and API. `install` is called once by the composition root."""

from flask import Flask

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add pages, API and commands of the rights office to the application."""
