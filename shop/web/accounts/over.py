"""The answer to a link that is invalid or over, and how often links may be tried (S15)."""

from datetime import timedelta

from flask import render_template, request

from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.signing_in import wait_from
from shop.web.accounts.blueprint import Answer
from shop.web.accounts.sentences import retry_after

WRONG_LINKS_PER_ADDRESS = Limit(20, timedelta(minutes=1))


def link_over(template: str = "accounts/link_over.html", **context: str) -> Answer:
    """A kind page with a way on (410); 429 for an address that tries one after the other."""
    page = render_template(template, **context)
    wait = wait_from(current_settings(), "wrong-link", request.remote_addr or "", WRONG_LINKS_PER_ADDRESS)
    return (page, 410) if wait is None else (page, 429, retry_after(wait))
