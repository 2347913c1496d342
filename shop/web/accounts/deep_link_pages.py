"""/entra: the accounting program opens the shop without a password (F003-02)."""

from flask import render_template, request

from foundation.access import public
from foundation.database import transaction
from foundation.settings import current_settings
from shop.accounts.deep_links import DeepLinkRefused, follow_deep_link, read_deep_link
from shop.accounts.signing_in import note_entrance
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.coming_in import come_in
from shop.web.accounts.over import link_over


@accounts.get("/entra")
@public
def deep_link() -> Answer:
    """A page with one button: a program that looks at the link beforehand signs nobody in."""
    token = request.args.get("token", "")
    try:
        link = read_deep_link(current_settings().provisioning_secret, token)
    except DeepLinkRefused as refusal:
        return link_over("accounts/deep_link_over.html", reason=refusal.reason)
    return render_template("accounts/deep_link.html", link=link, token=token)


@accounts.post("/entra")
@public
def deep_link_follow() -> Answer:
    """Sign in, once per link."""
    try:
        link = read_deep_link(current_settings().provisioning_secret, request.form.get("token", ""))
        with transaction() as session:
            entrance = follow_deep_link(session, link)
            note_entrance(session, entrance, "deep_link")
    except DeepLinkRefused as refusal:
        return link_over("accounts/deep_link_over.html", reason=refusal.reason)
    return come_in(entrance, link.destination)
