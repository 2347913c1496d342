"""The first owner of a company bought by invitation: let in by the invited address, until somebody came (F003-17)."""

import pytest
from sqlalchemy import select

from foundation.principal import Principal
from shop import Membership, User
from shop.accounts.members import remove_member
from tests.browsing import Browser, visit
from tests.factories import a_user
from tests.flows.inviting import CLIENT, Street
from tests.signing import post

ACCESS = "crea il tuo accesso"
PASSWORD = "un cavallo giallo in cortile"


@pytest.fixture
def link(street: Street) -> str:
    """The link of a client whose company was created, and whose account waits."""
    invitation = street.invite()
    browser = street.client()
    street.filled(browser)
    street.order(browser)
    street.pay_by_card()
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    return street.link()


def _press(street: Street, link: str) -> str:
    """Ask for the link of the account once more; answers what the page says then."""
    visitor = street.app.test_client()
    answer = post(visitor, f"{link}/accesso")
    street.run_jobs()
    if answer.status_code == 429:
        return answer.text
    assert answer.status_code == 303
    return visit(visitor, f"{link}/stato").text


def test_a_lost_link_is_mailed_again_a_few_times_an_hour(street: Street, link: str) -> None:
    before = len(street.letters())
    said = [_press(street, link) for _ in range(8)]
    assert post(street.app.test_client(), f"{link}/accesso").status_code == 429
    assert len(street.letters()) - before == 5
    assert "Ti abbiamo mandato di nuovo il link" in said[0]
    assert "riprova tra un’ora" in said[-1]


def test_an_owner_who_lost_their_access_does_not_get_it_back_by_the_old_link(street: Street, link: str) -> None:
    account = Browser(street.app.test_client()).open(street.link(kind=ACCESS))
    account.send("Accetta l’invito", name="Laura", password=PASSWORD)
    with street.tx() as session:
        laura = session.scalars(select(User).where(User.email == CLIENT)).one()
        membership = session.scalars(select(Membership).where(Membership.user_id == laura.id)).one()
        company_id = membership.party_id
        colleague = a_user(session, company_id, "owner")
        remove_member(session, company_id, membership.id, Principal(colleague.id, company_id, "company_owner"))
    before = len(street.letters())
    assert "L’azienda ha già chi vi accede" in _press(street, link)
    assert len(street.letters()) == before
    with street.tx() as session:
        assert session.get_one(Membership, membership.id).revoked_at is not None
