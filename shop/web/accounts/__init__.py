"""Pages of accounts: signing in and out, registration, second factor, members, the account itself."""

from flask import Flask

from shop.web.accounts import (
    account_pages,
    deep_link_pages,
    home_page,
    identification,
    member_pages,
    password_pages,
    picker_pages,
    referral_pages,
    registration_pages,
    second_factor_pages,
    sign_in_pages,
    token_pages,
    web_session,
)
from shop.web.accounts.blueprint import accounts

__all__ = ["install"]

# Importing these adds their routes to the blueprint.
PAGES = (
    account_pages,
    deep_link_pages,
    home_page,
    member_pages,
    password_pages,
    picker_pages,
    referral_pages,
    registration_pages,
    second_factor_pages,
    sign_in_pages,
    token_pages,
)


def install(app: Flask) -> None:
    """Keep sessions on the server, identify every request, add the pages."""
    web_session.install(app)
    identification.install(app)
    app.register_blueprint(accounts)
