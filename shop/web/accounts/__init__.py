"""Pages of accounts: signing in and out, registration, second factor, members, the account itself."""

from flask import Flask

from shop.web.accounts import home_page, identification, sign_in_pages, web_session

__all__ = ["install"]


def install(app: Flask) -> None:
    """Keep sessions on the server, identify every request, add the pages."""
    web_session.install(app)
    identification.install(app)
    for room in (home_page, sign_in_pages):
        app.register_blueprint(room.pages)
