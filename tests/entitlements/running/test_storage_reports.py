"""Reports of storage: whatever order they come in, the last measured of each day stands (F004-27)."""

from datetime import timedelta
from itertools import permutations

from sqlalchemy import select

from entitlements.running.what_runs import held_services
from entitlements.storage.reports import Measured, StorageReport, report_storage, storage_in_use
from entitlements.storage.room import room_on
from foundation import clock
from tests.conftest import Transact
from tests.running import BASE, STORAGE, a_company, bought


def test_whatever_order_reports_come_in_the_last_measured_of_each_day_stands(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        for back, order in enumerate(permutations(range(3)), start=1):
            noon = clock.rome_midnight(clock.today() - timedelta(days=back)) + timedelta(hours=12)
            for place in (*order, *order):
                report_storage(session, company.id, Measured(place + 10 * back, noon + timedelta(minutes=place)))
        kept = session.scalars(select(StorageReport.used_bytes).order_by(StorageReport.measured_on.desc())).all()
        assert kept == [12, 22, 32, 42, 52, 62]
        assert storage_in_use(session, [company.id]) == {company.id: 12}


def test_a_lot_gives_room_from_its_first_day_to_its_last(tx: Transact) -> None:
    with tx() as session:
        company, today = a_company(session), clock.today()
        bought(session, company, BASE, today, today + timedelta(days=365))
        bought(session, company, STORAGE, today + timedelta(days=10), today + timedelta(days=20), quantity=3)
        held = held_services(session, company.id)
        rooms = [room_on(held, today + timedelta(days=day)) for day in (9, 10, 19, 20)]
    assert rooms == [0, 3, 3, 0]
