"""The town's services: some that run, some bought with an agreement."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from entitlements import (
    Company,
    TickedStep,
    grant,
    tick,
)
from entitlements.storage.reports import Measured, report_storage
from foundation import clock
from foundation.database import transaction
from foundation.principal import Principal
from shop import place_order
from shop.accounts.seat_people import invite_to_seat
from shop.cart_services import choose, name_agreement
from shop.carts import add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from tests.audit.town_people import Town
from tests.running import BASE, COLLECTION_STEPS, COLLECTIONS, SEATS, STORAGE, a_term, bought, line_for
from tests.stories import owner_of, pay_by_card, placement_of


def serve() -> None:
    """The ready company has a base service, a module with a step done, two seats, one invited to, and
    storage that fills up.
    """
    today = clock.today()
    term = (today, today + timedelta(days=365))
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        company = session.get_one(Company, company_id)
        base = bought(session, company, BASE, *term)
        further = a_term(BASE, term[1], term[1] + timedelta(days=90), "EXTEND", base, anchor_on=term[0])
        assert grant(session, line_for(company, BASE, further))
        module = bought(session, company, replace(COLLECTIONS, setup=COLLECTION_STEPS), *term)
        assert tick(session, company.id, TickedStep(module, "PAIRING", "VENDOR"))
        bought(session, company, SEATS, *term, quantity=2)
        bought(session, company, STORAGE, *term, quantity=3)
        assert report_storage(session, company.id, Measured(2_200_000_000, clock.now())).report.filling
        by = Principal(None, company.id, "company_owner")
        invite_to_seat(session, company.id, "utente@example.it", {"sent": "read"}, by)


def buy_with_an_agreement(town: Town) -> None:
    """Whoever pays for the ready company by now buys a module for it, with the code of an agreement."""
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        book = current_price_book(session, clock.today())
        cart = open_cart(session, town.milano.id, None)
        add_to_cart(session, cart, book, "MODULE-DOCUMENTS", 1, company_id)
        choose(session, cart, company_id, extend=False)
        name_agreement(session, cart, "ORDINE-10")
        order = place_order(session, placement_of(cart.id, town.milano), BuyerFacts("STUDIO"), owner_of(town.milano))
    with transaction() as session:
        assert pay_by_card(session, order)
