"""What cannot be ordered says which line of the request each reason is about."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.api.caller import caller, order_body
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY, a_scene, an_activation


def test_every_reason_against_an_order_says_which_line_it_is_about(
    client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    with tx() as session:
        scene = a_scene(session, quantity=2)
        companies = [an_activation(session, scene), an_activation(session, scene, 1, **OTHER_COMPANY)]
    run_jobs()
    lines: list[dict[str, object]] = [{"sku": "LITE-10", "quantity": 1}]
    lines += [{"sku": "MODULE-DOCUMENTS", "quantity": 1, "for_company": str(company)} for company in companies]
    call = caller(client, "studio", scene.studio.id)
    answer = call.post("/orders", order_body(lines=lines, agreement_code="NON-ESISTE"))
    told = answer.get_json()
    assert (answer.status_code, told["type"]) == (409, "/problems/not-orderable")
    assert {error["pointer"] for error in told["errors"]} == {"/lines/1", "/lines/2", "/agreement_code"}
    assert [(error["code"], error["detail"]) for error in told["errors"]] == [
        (refusal["code"], refusal["detail"]) for refusal in told["refusals"]
    ]
