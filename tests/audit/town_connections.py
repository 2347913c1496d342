"""The town's connections: requests, blocks, handovers, moves, referrals, contracts."""

from sqlalchemy import select, text

from entitlements import (
    Party,
    credit_referral,
    give_code,
    use_code,
)
from entitlements.connections.handovers import PayerHandover, accept_handover, propose_handover
from entitlements.connections.link_requests import LinkRequest, answer_request, ask_to_link
from entitlements.connections.linking import block, lift
from entitlements.connections.moves import MoveWish, StudioMove, agree_to_move, propose_move
from entitlements.contracts.contract_text import VERSION
from entitlements.contracts.signatures import sign_contract
from entitlements.invoicing import Tokens
from entitlements.invoicing.accounts import keep_account
from foundation.database import transaction
from tests.audit.town_people import Town
from tests.factories import a_company
from tests.stories import owner_of


def connect(town: Town) -> None:
    """A company asks and is linked, blocked and let in again; another hands payments over and moves."""
    with transaction() as session:
        asker = a_company(session, name="Azienda Registrata")
        ask_to_link(session, "10538570960", owner_of(asker))
        request = session.scalars(select(LinkRequest)).one()
        answer_request(session, request.id, accept=True, by=owner_of(town.torino))
        block(session, town.torino.id, asker.id, owner_of(town.torino))
        lift(session, town.torino.id, asker.id, owner_of(town.torino))
    with transaction() as session:
        blocked = a_company(session, name="Azienda Bloccata")
        ask_to_link(session, "10538570960", owner_of(blocked))
        request = session.scalars(select(LinkRequest).where(LinkRequest.state == "OPEN")).one()
        answer_request(session, request.id, accept=True, by=owner_of(town.torino))
        block(session, town.torino.id, blocked.id, owner_of(town.torino))
    with transaction() as session:
        code = give_code(session, town.torino.id)
        use_code(session, code, asker, "a")
        credit_referral(session, asker.id, ())
        use_code(session, code, blocked, "b")
        credit_referral(session, blocked.id, ("b",))
        keep_account(session, "k" * 32, Tokens("access", "refresh", 600), owner_of(asker))
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        company = session.get_one(Party, company_id)
        for signed in (town.torino.id, company_id):
            sign_contract(session, signed, VERSION, "it", owner_of(town.torino))
        propose_handover(session, company_id, company_id, owner_of(town.torino))
        handover = session.scalars(select(PayerHandover)).one()
        accept_handover(session, handover.id, owner_of(company))
    with transaction() as session:
        propose_handover(session, company_id, town.torino.id, owner_of(company))
        handover = session.scalars(select(PayerHandover).where(PayerHandover.state == "OPEN")).one()
        accept_handover(session, handover.id, owner_of(town.torino))
    with transaction() as session:
        wish = MoveWish(company_id, town.torino.id, "00743110157", with_payer=True, company_must_agree=False)
        propose_move(session, wish, owner_of(town.torino))
        agree_to_move(session, session.scalars(select(StudioMove)).one().id, owner_of(town.milano))
