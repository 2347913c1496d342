"""Help for everybody: writing to the support, the guide with its search, the legal texts."""

from flask import Flask

from shop.web.help import guide_pages, support_pages
from shop.web.help.blueprint import pages

__all__ = ["install"]

# Importing these adds their routes to the blueprint.
PAGES = (guide_pages, support_pages)


def install(app: Flask) -> None:
    """Add the pages."""
    app.register_blueprint(pages)
