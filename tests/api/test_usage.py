"""Usage: once per reference, never below zero, only for whom one pays."""

from datetime import datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from entitlements import Cause, set_payer
from foundation.ids import new_id
from tests.api.caller import Activated, caller, fill_pack
from tests.conftest import Transact

USE = {"meter": "documents", "quantity": 3, "reference": "fattura-1"}


@pytest.fixture
def path(activated: Activated, tx: Transact) -> str:
    fill_pack(tx, activated.company_id, 10)
    return f"/companies/{activated.company_id}/usage"


def test_the_same_reference_is_booked_once(activated: Activated, path: str) -> None:
    first = activated.product.post(path, USE, key=None).get_json()
    again = activated.product.post(path, USE, key=None).get_json()
    assert (first["balance"], first["repeated"]) == (7, False)
    assert (again["balance"], again["repeated"]) == (7, True)
    assert again["consumption_id"] == first["consumption_id"]


def test_an_answer_asked_again_for_its_own_instant_is_the_same(activated: Activated, path: str) -> None:
    """M19: what was used a moment before is in both."""
    activated.product.post(path, USE)
    told = activated.at()
    again = activated.at(datetime.fromisoformat(told["at"]))
    assert told["balances"]["documents"] == 7
    assert (again["at"], again["balances"]) == (told["at"], told["balances"])


def test_the_same_reference_with_another_quantity_is_refused(activated: Activated, path: str) -> None:
    activated.product.post(path, USE)
    answer = activated.product.post(path, USE | {"quantity": 4})
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/reference-reused"
    assert activated.at()["balances"]["documents"] == 7


def test_what_does_not_suffice_takes_nothing_and_says_what_is_left(activated: Activated, path: str) -> None:
    answer = activated.product.post(path, USE | {"quantity": 11})
    assert answer.status_code == 409
    assert (answer.get_json()["type"], answer.get_json()["balance"]) == ("/problems/not-enough-left", 10)
    assert activated.product.post(path, USE | {"quantity": 10}).get_json()["balance"] == 0


def test_only_the_payer_and_the_software_consume(
    activated: Activated,
    path: str,
    client: FlaskClient,
    tx: Transact,
) -> None:
    company = caller(client, "company", activated.company_id)
    assert activated.studio.post(path, USE).status_code == 200
    refused = company.post(path, USE | {"reference": "2"})
    assert (refused.status_code, refused.get_json()["type"]) == (403, "/problems/not-the-payer")
    _company_pays(tx, activated.company_id)
    assert company.post(path, USE | {"reference": "3"}).status_code == 200
    assert activated.studio.post(path, USE | {"reference": "4"}).status_code == 403
    for role in ("support", "admin", "finance"):
        assert caller(client, role).post(path, USE | {"reference": role}).status_code == 403


def _company_pays(tx: Transact, company_id: UUID) -> None:
    with tx() as session:
        set_payer(session, company_id, company_id, "COMPANY", Cause("invitation", new_id()))


@pytest.mark.parametrize(
    "wrong",
    [{"quantity": 0}, {"quantity": -1}, {"quantity": "3"}, {"quantity": 10**12}, {"meter": "cash"}, {"reference": ""}],
    ids=str,
)
def test_a_use_that_makes_no_sense_is_refused(activated: Activated, path: str, wrong: dict[str, object]) -> None:
    assert activated.product.post(path, USE | wrong).status_code == 422
    assert activated.at()["balances"]["documents"] == 10
