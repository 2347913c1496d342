"""Invitations by API: sent once per key, read, sent again, revoked; somebody else's are not there."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from foundation.mail import Mail
from tests.api.caller import a_stocked_studio, caller, order_body
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import sign_in
from tests.stories import stock_the_shop


def _wanted(**changes: object) -> dict[str, object]:
    return {"client_name": "Laura Brambilla", "client_email": "laura@example.it", "sku": "COMPANY-LITE"} | changes


def test_a_program_invites_once_per_key_and_follows_its_invitation(client: FlaskClient, tx: Transact) -> None:
    """F003-14: POST /invitations, resend and revoke; the link goes to the client alone."""
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    with tx() as session:
        stranger = caller(client, "studio", a_studio(session).id)
    sent = studio.post("/invitations", _wanted(), key="one")
    assert sent.status_code == 201, sent.get_json()
    assert (sent.get_json()["state"], sent.get_json()["gross_cents"]) == ("SENT", 5978)
    assert "link" not in sent.get_data(as_text=True)
    assert studio.post("/invitations", _wanted(), key="one").get_json()["id"] == sent.get_json()["id"]
    path = f"/invitations/{sent.get_json()['id']}"
    assert studio.get(path).get_json()["client_email"] == "laura@example.it"
    assert stranger.get(path).status_code == 404
    resent = studio.post(f"{path}/resend", {"sku": "COMPANY-ORDINARY"})
    assert resent.get_json()["gross_cents"] == 10858
    assert studio.post(f"{path}/revoke").get_json()["state"] == "REVOKED"
    assert studio.post(f"{path}/resend").status_code == 409
    listed = studio.get("/invitations", state="REVOKED").get_json()["items"]
    assert [one["id"] for one in listed] == [sent.get_json()["id"]]


def test_every_mistake_of_an_invitation_is_told_with_its_pointer(client: FlaskClient, tx: Transact) -> None:
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    wrong = _wanted(client_email="non-una-mail", sku="LITE-1", contact={"email": "x"})
    answer = studio.post("/invitations", wrong)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.get_json()["errors"]} == {"/client_email", "/sku", "/contact/email"}


def test_invitations_come_newest_first_by_api_and_on_the_page(client: FlaskClient, tx: Transact) -> None:
    """F003-14: a program's invitations have ids made of its keys, which say nothing of their age."""
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        owner = a_user(session, studio.id)
    program = caller(client, "studio", studio.id)
    names = [f"Cliente {letter}" for letter in "ABCDEF"]
    sent = [program.post("/invitations", _wanted(client_name=name)).get_json()["id"] for name in names]
    assert program.post(f"/invitations/{sent[0]}/resend").status_code == 200
    listed: list[str] = []
    cursor: str | None = None
    while cursor is not None or not listed:
        page = program.get("/invitations", limit=2, **({"cursor": cursor} if cursor else {})).get_json()
        listed, cursor = listed + [one["id"] for one in page["items"]], page["next_cursor"]
    assert listed == sent[::-1]
    sign_in(client, owner)
    assert _named(client.get("/inviti").text) == names[::-1]
    assert _named(client.get(f"/inviti?prima={sent[3]}").text) == names[2::-1]


def _named(page: str) -> list[str]:
    """The clients of a page, in its order."""
    return list(dict.fromkeys(re.findall("Cliente [A-F]", page)))


def test_what_may_be_left_out_may_be_null(client: FlaskClient, tx: Transact) -> None:
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    assert studio.post("/invitations", _wanted(message=None, contact=None)).status_code == 201
    assert studio.post("/orders", order_body(purchase_order_ref=None)).status_code == 201


def test_one_invitation_is_sent_again_a_few_times_a_day(client: FlaskClient, tx: Transact) -> None:
    """A mistake of a program must not fill somebody's mailbox; another invitation has its own count."""
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    with tx() as session:
        stranger = caller(client, "studio", a_studio(session).id)
    paths = []
    for number in (1, 2):
        sent = studio.post("/invitations", _wanted(client_email=f"cliente{number}@example.it"))
        paths.append(f"/invitations/{sent.get_json()['id']}/resend")
    assert {stranger.post(paths[0]).status_code for _again in range(6)} == {404}
    assert [studio.post(paths[0]).status_code for _again in range(6)] == [200] * 5 + [429]
    refused = studio.post(paths[0])
    assert refused.get_json()["type"] == "/problems/invitation-sent-too-often"
    assert refused.get_json()["detail"] == "Hai già rimandato questo invito più volte: riprova domani."
    assert 23 * 3600 < int(refused.headers["Retry-After"]) <= 24 * 3600
    assert studio.post(paths[1]).status_code == 200
    with tx() as session:
        assert len(session.scalars(select(Mail).where(Mail.recipient == "cliente1@example.it")).all()) == 6
