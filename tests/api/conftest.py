from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from entitlements import activate_coupon, stock_of
from tests.api.caller import Activated, a_stocked_studio, caller
from tests.conftest import Transact
from tests.stories import a_paid_order, company_data, owner_of


@pytest.fixture
def activated(client: FlaskClient, tx: Transact, run_jobs: Callable[[], int]) -> Activated:
    studio = a_stocked_studio(tx)
    with tx() as session:
        a_paid_order(session, studio)
        coupon, _pack = stock_of(session, studio.id)[0]
        company = activate_coupon(session, coupon.id, company_data(), owner_of(studio))
    run_jobs()
    product = caller(client, "product")
    return Activated(company.id, studio.id, caller(client, "studio", studio.id), product)
