"""A program renews a running service: the licence it names is its company's, or is not there at all."""

from uuid import UUID

from entitlements import RunningService
from foundation.ids import new_id
from tests.api.caller import caller, order_body
from tests.entitlements.scenes import OTHER_COMPANY, a_scene, an_activation
from tests.flows.service_shop import BASE, DOCUMENTS, Shop


def test_a_strangers_licence_and_one_that_does_not_exist_are_refused_alike(shop: Shop) -> None:
    shop.buy(shop.line(BASE))
    strangers = _anothers_licence(shop)
    for licence_id in (new_id(), strangers):
        line = shop.line(BASE) | {"renews": str(licence_id)}
        for path, body in (("/quotes", {"lines": [line]}), ("/orders", order_body(lines=[line]))):
            answer = shop.api.post(path, body)
            assert answer.status_code == 422, answer.text
            (error,) = answer.get_json()["errors"]
            assert (error["pointer"], error["code"]) == ("/lines/0/renews", "unknown_licence")


def test_a_strangers_licence_is_not_told_by_naming_its_company_either(shop: Shop) -> None:
    strangers = _anothers_licence(shop)
    answers = []
    for licence_id in (new_id(), strangers):
        line = {"sku": BASE, "quantity": 1, "for_company": str(new_id()), "renews": str(licence_id)}
        answers.append(shop.api.post("/quotes", {"lines": [line]}).get_json()["errors"])
    assert answers[0] == answers[1]


def test_a_service_of_ones_own_that_is_another_product_is_told_with_its_reason(shop: Shop) -> None:
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS))
    assert "CANNOT_BE_RENEWED" in shop.refused(shop.line(BASE, renews=shop.running()[DOCUMENTS]))


def _anothers_licence(shop: Shop) -> UUID:
    """The licence of a base service that another studio bought for its own company."""
    with shop.tx() as session:
        scene = a_scene(session, quantity=1, tax_code="01114601006", vat_number="01114601006")
        company_id = an_activation(session, scene, 0, **OTHER_COMPANY)
    shop.jobs()
    other = Shop(
        caller(shop.client, "studio", scene.studio.id),
        shop.client,
        shop.outside,
        shop.tx,
        shop.jobs,
        scene.studio.id,
        company_id,
    )
    other.buy(other.line(BASE))
    base: RunningService = other.running()[BASE]
    return base.licence_id
