"""From a threshold on a second person approves a refund, and sees the same as the first (D10)."""

from flask.testing import FlaskClient

from shop import User
from tests.banking import Run
from tests.browsing import visit
from tests.conftest import Transact
from tests.flows.refund_desk import Till, activate_one, refund_page, requests, shown
from tests.signing import sign_in


def test_from_the_threshold_on_a_second_person_sees_the_same_and_approves(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, people: list[User]
) -> None:
    order = till.by_card("LITE-50")
    asked = shown(refund_page(desk, order), "riga:").press("Rimborsa 2.440,00 €")
    assert "la approva una seconda persona" in asked.text
    run_jobs()
    assert requests(tx) == []
    own = asked.follow("Apri")
    assert "L’hai chiesto tu." in own.text
    token = str(own.soup.select_one("[name=csrf_token]")["value"])  # type: ignore[index]
    assert desk.post(f"{own.path}/approva", data={"csrf_token": token}).status_code == 403
    sign_in(desk, people[1])
    second = visit(desk, own.path)
    assert "Si annullano e non si attivano più: 50 coupon" in second.text
    second.press("Approva 2.440,00 €")
    run_jobs()
    assert till.states(order) == {"VOIDED": 50}
    assert requests(tx)[0].requested_by_user_id == people[1].id


def test_small_sums_add_up_to_the_threshold(desk: FlaskClient, till: Till, run_jobs: Run) -> None:
    order = till.by_card("LITE-50")
    for amount, waits in (("600", False), ("600", True)):
        page = shown(refund_page(desk, order), "importo", importo=amount).press("Rimborsa 600,00 €")
        assert ("seconda persona" in page.text) is waits
        run_jobs()


def test_an_approval_refuses_what_is_not_so_any_more(
    desk: FlaskClient, till: Till, tx: Transact, run_jobs: Run, people: list[User]
) -> None:
    order = till.by_card("LITE-50")
    asked = shown(refund_page(desk, order), "riga:").press("Rimborsa 2.440,00 €").follow("Apri")
    activate_one(tx, order)
    sign_in(desk, people[1])
    refused = visit(desk, asked.path).press("Approva 2.440,00 €")
    assert refused.status == 409
    assert "Nel frattempo qualcosa è cambiato" in refused.text
    run_jobs()
    assert requests(tx) == []
