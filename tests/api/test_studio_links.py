"""Links of studios and clients by API: seen and ended by either side, allowed by the company (D22)."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party
from entitlements.connections.link_requests import LinkRequest, answer_request, ask_to_link
from entitlements.connections.linking import link_state
from tests.api.caller import Caller, caller
from tests.conftest import Transact
from tests.factories import a_company, a_studio
from tests.stories import owner_of

NUMBER = "00743110157"
Pair = tuple[UUID, UUID]


def _link(session: Session, pair: Pair) -> None:
    """The company asks and the studio accepts."""
    company, studio = (owner_of(session.get_one(Party, party_id)) for party_id in (pair[1], pair[0]))
    ask_to_link(session, NUMBER, company)
    request = session.scalars(select(LinkRequest).where(LinkRequest.state == "OPEN")).one()
    answer_request(session, request.id, accept=True, by=studio)


@pytest.fixture
def pair(tx: Transact) -> Pair:
    """A studio and a company that are linked."""
    with tx() as session:
        studio = a_studio(session, name="Studio Rossi", vat_number=NUMBER)
        company = a_company(session, name="Officina Verdi")
        _link(session, (studio.id, company.id))
        return studio.id, company.id


def _only_link(who: Caller) -> dict[str, object]:
    (link,) = who.get("/studio-links").get_json()["items"]
    assert isinstance(link, dict)
    return link


def test_both_sides_see_their_links_and_nobody_elses(client: FlaskClient, tx: Transact, pair: Pair) -> None:
    studio, company = caller(client, "studio", pair[0]), caller(client, "company", pair[1])
    link = _only_link(studio)
    assert (link["studio"], link["company"]) == (
        {"id": str(pair[0]), "name": "Studio Rossi"},
        {"id": str(pair[1]), "name": "Officina Verdi"},
    )
    assert _only_link(company)["id"] == link["id"]
    with tx() as session:
        stranger = caller(client, "studio", a_studio(session).id)
    assert stranger.get("/studio-links").get_json()["items"] == []
    assert stranger.get(f"/studio-links/{link['id']}").status_code == 404
    assert stranger.post(f"/studio-links/{link['id']}/unlink").status_code == 404


def test_a_company_says_area_by_area_what_its_studio_may_do(client: FlaskClient, pair: Pair) -> None:
    studio, company = caller(client, "studio", pair[0]), caller(client, "company", pair[1])
    address = f"/studio-links/{_only_link(company)['id']}/permissions"
    answered = company.post(address, {"documents": "read", "payments": "none"}).get_json()
    assert answered["permissions"] == {
        "documents": "read",
        "payments": "none",
        "accounting": "write",
        "settings": "write",
    }
    assert company.post(address, {"documents": "all"}).status_code == 422
    assert studio.post(address, {"documents": "write"}).status_code == 403
    assert studio.get(f"/companies/{pair[1]}").status_code == 404, "a company without a licence is no company yet"


def test_a_link_ends_once_and_a_repeat_ends_no_later_one(client: FlaskClient, tx: Transact, pair: Pair) -> None:
    company = caller(client, "company", pair[1])
    first = _only_link(company)
    ended = company.post(f"/studio-links/{first['id']}/unlink", key="first")
    assert ended.get_json()["unlinked_at"] is not None
    with tx() as session:
        _link(session, pair)
    for key in ("first", "second"):
        assert company.post(f"/studio-links/{first['id']}/unlink", key=key).status_code == 200
    assert _only_link(company)["id"] != first["id"], "the link made afterwards stands"


def test_a_studio_may_block_whom_it_leaves(client: FlaskClient, tx: Transact, pair: Pair) -> None:
    studio = caller(client, "studio", pair[0])
    link = _only_link(studio)
    answered = studio.post(f"/studio-links/{link['id']}/unlink", {"block": True}).get_json()
    assert answered["blocked_at"] is not None
    with tx() as session:
        assert link_state(session, *pair) == "BLOCKED"
    told = caller(client, "company", pair[1]).get(f"/studio-links/{link['id']}").get_json()
    assert told["blocked_at"] is None, "a block is told to nobody"
