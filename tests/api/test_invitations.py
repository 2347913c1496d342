"""Invitations by API: sent once per key, read, sent again, revoked; somebody else's are not there."""

from flask.testing import FlaskClient

from tests.api.caller import a_stocked_studio, caller
from tests.conftest import Transact
from tests.factories import a_studio


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
