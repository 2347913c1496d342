"""What the stories of this room begin with: a studio with coupons, people at their browsers, the vendor's letters."""

import json
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from entitlements import Party, activate_coupon, stock_of
from foundation.ids import new_id
from foundation.settings import Settings
from foundation.webhook_signatures import signed_headers
from shop import User
from tests.browsing import Browser
from tests.factories import a_studio, a_user
from tests.signing import sign_in
from tests.stories import COMPANY_FORM, a_paid_order, company_data, owner_of, stock_the_shop

OTHER_COMPANY = {"vat_number": "02780790107", "tax_code": "02780790107", "name": "Panificio Gallo S.r.l."}
THIRD_COMPANY = {"vat_number": "05979361218", "tax_code": "05979361218", "name": "Tessitura Valsesia S.r.l."}
# The four pages of the form, as a person fills them in.
PAGES = (
    ("vat_number", "tax_code", "name", "legal_form", "tax_regime"),
    ("street", "city", "postal_code", "province"),
    ("first_name", "last_name", "representative_tax_code", "representative_email"),
    ("ateco_code", "ateco_edition", "accounting_regime", "email", "sdi_code"),
)


@dataclass(frozen=True)
class Scene:
    """A studio, its owner, and the ids of its coupons, oldest first."""

    studio: Party
    owner: User
    coupons: list[UUID]


def a_scene(session: Session, sku: str = "ORDINARY-1", quantity: int = 3, **facts: object) -> Scene:
    """A studio that has bought coupons by card."""
    if session.execute(text("SELECT count(*) FROM price_books")).scalar_one() == 0:
        stock_the_shop(session)
    studio = a_studio(session, **facts)
    a_paid_order(session, studio, sku, quantity)
    owner = a_user(session, studio.id)
    return Scene(studio, owner, [coupon.id for coupon, _pack in stock_of(session, studio.id, limit=1_000)])


def an_activation(session: Session, scene: Scene, coupon: int = 0, **changes: str) -> UUID:
    """A coupon of the scene, activated for a company; answers the company's id."""
    data = company_data(**changes)
    return activate_coupon(session, scene.coupons[coupon], data, owner_of(scene.studio)).id


def browser_of(app: Flask, user: User) -> Browser:
    """This person's browser, signed in."""
    client = app.test_client()
    sign_in(client, user)
    return Browser(client)


def fill_in(browser: Browser, coupon_id: UUID, **changes: str) -> Browser:
    """Fill in the whole form, page by page, seeing every doubt; ends on the summary."""
    form = COMPANY_FORM | changes
    browser.open(f"/coupon/{coupon_id}/attiva/dati-fiscali")
    for number, names in enumerate(PAGES, start=1):
        typed = {name: form[name] for name in names}
        while f"Passo {number} di 5" in browser.text:
            before = browser.text
            browser.send("Salva e continua", **typed)
            assert browser.text != before, browser.summary()
    return browser


def a_letter(app: Flask, letter_type: str, data: object, message_id: str = "") -> TestResponse:
    """A signed letter of the vendor's software arrives."""
    settings: Settings = app.extensions["gettone.settings"]
    raw = json.dumps({"type": letter_type, "data": data}).encode()
    headers = signed_headers(settings.provisioning_secret, message_id or f"msg_{new_id().hex}", raw)
    return app.test_client().post("/webhooks/provisioning", data=raw, headers=headers)
