"""The story in its services: bought, paid, coupons in stock, one activated, the company ready and linked."""

from collections.abc import Callable

from entitlements import activate_coupon, company_of, count_by_state, rights_of, stock_of
from foundation import clock
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop


def test_a_paid_pack_becomes_coupons_and_an_activated_coupon_becomes_a_company(
    tx: Transact, run_jobs: Callable[[], int]
) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        order = a_paid_order(session, studio, "LITE-10")
        assert order.state == "FULFILLED"
        assert count_by_state(session, studio.id) == {"AVAILABLE": 10}
        coupon, _ = stock_of(session, studio.id)[0]
        company = activate_coupon(session, coupon.id, company_data(), owner_of(studio))
        assert company.state == "PROVISIONING"
    run_jobs()
    with tx() as session:
        company, _ = company_of(session, company.id, studio.id)
        assert company.state == "READY"
        rights = rights_of(session, company.id, clock.now())
        assert rights.payer == "STUDIO"
        assert len(rights.licences) == 1
        assert count_by_state(session, studio.id) == {"AVAILABLE": 9, "ACTIVE": 1}
