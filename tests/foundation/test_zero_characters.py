"""The character zero: nobody types it, no text of the database keeps it, and no form may fail because of it."""

import pytest
from flask.testing import FlaskClient

from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in

SUPPORT = {"name": "Ada", "email": "ada@example.it", "subject": "uno\x00due", "message": "Non\x00 riesco a pagare."}


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/accedi", {"email": "a\x00b@example.it", "password": "x"}, 422),
        ("/accedi", {"email": "a@example.it", "password": "x\x00", "ne\x00xt": "/"}, 422),
        ("/assistenza", SUPPORT, 302),
        ("/account/token", {"name": "gestio\x00nale"}, 200),
        ("/account/sessioni", {"session": "0123456789abcde\x00"}, 302),
    ],
)
def test_a_form_with_the_character_zero_is_read_as_if_it_were_not_there(
    client: FlaskClient, tx: Transact, path: str, form: dict[str, str], status: int
) -> None:
    with tx() as session:
        person = a_user(session, a_studio(session).id)
    if path.startswith("/account"):
        sign_in(client, person)
    answer = post(client, path, fields=form)
    assert answer.status_code == status, answer.text
    assert "\x00" not in answer.text
