from flask.testing import FlaskClient

from shop import Membership
from shop.accounts.passwords import hash_password
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in


def test_a_signed_in_person_is_greeted_by_the_name_of_their_studio(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        user = a_user(session, studio.id)
    sign_in(client, user)
    page = client.get("/").text
    assert "Studio Verdi" in page
    assert "Esci" in page


def test_a_person_signs_in_with_their_password_and_out_again(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        user = a_user(session, studio.id, password_hash=hash_password("cavallo batteria"))
    answer = post(client, "/accedi", email=user.email.upper(), password="cavallo batteria", next="/ordini?stato=1")
    assert answer.status_code == 302, answer.text
    assert answer.location == "/ordini?stato=1"
    assert "Studio Verdi" in client.get("/").text
    assert post(client, "/esci").location == "/"
    assert "Studio Verdi" not in client.get("/").text
