"""The town's renewals: a card that renewed a company's services by itself, and one that was taken away."""

from sqlalchemy import text

from app import Outside
from foundation.database import transaction
from shop import MemoryGateway, look_and_reconcile
from shop.renewals.automatic_orders import renew_by_itself
from shop.renewals.card_setup import open_card_page
from shop.renewals.charging import charge_renewal
from shop.renewals.mandate_text import VERSION
from shop.renewals.mandates import announce, live_mandate
from shop.renewals.renewal_quotes import renewal_quote
from shop.renewals.standing import Shown, switch_on, take_card_away
from tests.audit.town_people import Town
from tests.stories import owner_of


def renew_by_themselves(town: Town, outside: Outside) -> None:
    """Whoever pays for the ready company has its services renewed by card; another studio takes its card away."""
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    for studio in (town.milano, town.torino):
        page = open_card_page(studio.id, "/servizi", gateway)
        gateway.save_card(page.session_id)
        look_and_reconcile(gateway, "checkout_session", page.session_id)
    with transaction() as session:
        assert take_card_away(session, owner_of(town.torino))
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        quote = renewal_quote(session, town.milano.id, company_id)
        assert quote is not None
        shown = Shown(VERSION, quote.gross_cents, quote.base.ends_on, "it")
        assert switch_on(session, company_id, shown, owner_of(town.milano))
        mandate = live_mandate(session, company_id)
        assert mandate is not None
        announce(session, mandate, quote.base.ends_on, quote.gross_cents)
        attempt = renew_by_itself(session, company_id, quote.base.ends_on)
        assert attempt is not None
        assert attempt.reason is None
    charge_renewal(attempt.id, gateway)
