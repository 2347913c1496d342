"""The pages of invitations on the shop's side: the studio's list and form, the client's payment and status."""

from flask import Flask

from shop.web.invitations import (
    bulk_pages,
    list_pages,
    payment_pages,
    sending_pages,
    status_pages,
    terms_page,
    told,
    words,
)

__all__ = ["install"]


def install(app: Flask) -> None:
    """Register the pages and their words."""
    words.install(app)
    told.install(app)
    for pages in (list_pages, sending_pages, bulk_pages, payment_pages, status_pages, terms_page):
        app.register_blueprint(pages.blueprint)
