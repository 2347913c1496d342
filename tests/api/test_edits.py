"""Changes under one's hands: what may be edited has an ETag, and If-Match edits only what the client saw."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.api.caller import Caller, a_stocked_studio, caller, order_body
from tests.api.test_studio_links import Pair, _only_link, pair
from tests.conftest import Transact
from tests.flows.test_seats import Office, office

__all__ = ["office", "pair"]
INVITED = {"client_name": "Laura Brambilla", "client_email": "laura@example.it", "sku": "COMPANY-LITE"}
AS_SEEN_ONLY = [412, 200, 412]


def _edited(who: Caller, path: str, edit: Callable[[str], tuple[str, dict[str, object]]]) -> list[int]:
    """What an edit is answered with a stale tag, which changes nothing, the present one, and that one once more."""
    tag = who.get(path).headers["ETag"]
    assert who.client.get(f"/api/v1{path}", headers=who.headers | {"If-None-Match": tag}).status_code == 304
    address, body = edit(path)
    stale = who.post(address, body, **{"If-Match": '"stale"'})
    assert stale.status_code != 412 or stale.get_json()["type"] == "/problems/precondition-failed"
    assert who.get(path).headers["ETag"] == tag
    done, again = (who.post(address, body, **{"If-Match": tag}) for _ in range(2))
    return [answer.status_code for answer in (stale, done, again)]


def test_an_invitation_is_sent_again_or_taken_back_only_as_it_was_seen(client: FlaskClient, tx: Transact) -> None:
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    path = f"/invitations/{studio.post('/invitations', INVITED).get_json()['id']}"
    assert _edited(studio, path, lambda one: (f"{one}/resend", {})) == AS_SEEN_ONLY
    assert _edited(studio, path, lambda one: (f"{one}/revoke", {})) == AS_SEEN_ONLY


def test_a_link_is_changed_or_ended_only_as_it_was_seen(client: FlaskClient, pair: Pair) -> None:
    company = caller(client, "company", pair[1])
    path = f"/studio-links/{_only_link(company)['id']}"
    assert _edited(company, path, lambda one: (f"{one}/permissions", {"documents": "read"})) == AS_SEEN_ONLY
    assert _edited(company, path, lambda one: (f"{one}/unlink", {})) == AS_SEEN_ONLY


def test_a_seat_is_changed_only_as_it_was_seen(office: Office, client: FlaskClient) -> None:
    company = caller(client, "company", office.company_id)
    seats = f"/companies/{office.company_id}/seats"
    asked = {"email": "anna@example.it", "permissions": {"sent": "read"}}
    path = f"{seats}/{company.post(seats, asked).get_json()['id']}"
    assert _edited(company, path, lambda one: (one, {"permissions": {"sent": "write"}})) == AS_SEEN_ONLY
    assert company.get(f"{seats}/{office.company_id}").get_json()["type"] == "/problems/seat-not-found"


def test_an_order_is_paid_in_another_way_only_as_it_was_seen(client: FlaskClient, tx: Transact) -> None:
    studio = caller(client, "studio", a_stocked_studio(tx).id)
    path = f"/orders/{studio.post('/orders', order_body(payment_method='stripe')).get_json()['number']}"
    assert _edited(studio, path, lambda one: (f"{one}/pay", {"payment_method": "bank_transfer"})) == AS_SEEN_ONLY


def test_every_edit_says_in_the_description_that_it_honours_the_tag(client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    read = {path: operations["get"]["responses"]["200"] for path, operations in paths.items() if "get" in operations}
    tagged = {path for path, answer in read.items() if "ETag" in answer.get("headers", {})}
    edits = [(path, one["post"]) for path, one in paths.items() if "post" in one and _subject(path) in tagged]
    silent = {path for path, edit in edits if "412" not in edit["responses"]}
    # What is not an edit of the object: a coupon becomes a company, a company consumes and gets people.
    acts = {"/api/v1/coupons/{coupon_id}/activate", "/api/v1/companies/{company_id}/usage"}
    assert silent == acts | {"/api/v1/companies/{company_id}/seats"}


def _subject(path: str) -> str:
    """The object a path ends with or acts on."""
    return path if path.endswith("}") else path.rsplit("/", 1)[0]
