"""Work that is asked for while a job of its kind runs already, and may have looked too early to see it (M25, R12)."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from entitlements import Accepted, MemoryProvisioner
from entitlements.provisioning.attempts import attempt
from entitlements.provisioning.changes import ProvisioningChange, announce_change
from entitlements.provisioning.give_up import retry_now
from entitlements.provisioning.provisioner import Asked, NotThere
from entitlements.provisioning.requests import ProvisioningRequest
from foundation.database import JsonObject, apart, database, transaction
from foundation.jobs import drain
from tests.database import fresh_database
from tests.entitlements.scenes import a_scene, an_activation
from tests.races.contest import audit_finds, racing_app
from tests.running import a_company

pytestmark = pytest.mark.race
_FETCH = text("SELECT id FROM procrastinate_fetch_job_v2(NULL, :worker)")
_FINISH = text("SELECT procrastinate_finish_job_v1(:id, 'succeeded', true)")


class InterruptedVendor(MemoryProvisioner):
    """While it listens to the first letter something else happens."""

    def __init__(self, meanwhile: Callable[[UUID], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile
        self.listening = 0

    def change(self, key: str, company_id: str, body: JsonObject) -> Asked:
        """Never two letters about one company at a time."""
        self.listening += 1
        assert self.listening == 1
        if not self.changes:
            self.meanwhile(UUID(company_id))
        answer = super().change(key, company_id, body)
        self.listening -= 1
        return answer


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_wakeup_{worker_id}") as url, racing_app(url) as app:
        yield app


@pytest.fixture
def company_id(racing: Flask) -> UUID:
    with racing.app_context():
        with transaction() as session:
            created = a_company(session).id
        drain()
    return created


def test_a_change_that_is_committed_after_the_letter_before_it_was_heard_is_told_too(
    racing: Flask, company_id: UUID
) -> None:
    """The job has looked for newer changes before the announcement could be seen, and ends."""
    with racing.app_context(), Session(database.engine) as slow:
        vendor = InterruptedVendor(lambda about: announce_change(slow, about))
        racing.extensions["gettone.provisioner"] = vendor
        with transaction() as session:
            announce_change(session, company_id)
        drain()
        assert len(vendor.changes) == 1
        slow.commit()
        drain()
        with transaction() as session:
            changes = session.scalars(select(ProvisioningChange).order_by(ProvisioningChange.id)).all()
    assert [(change.state, change.attempts) for change in changes] == [("DONE", 1), ("DONE", 1)]
    assert len({key for key, _body in vendor.changes}) == 2
    assert audit_finds(racing) == []


def test_two_letters_about_one_company_are_never_under_way_at_once(racing: Flask, company_id: UUID) -> None:
    """A change that is announced during a letter has a job of its own, and another worker leaves it alone."""

    def announce_and_let_another_worker_look(about: UUID) -> None:
        with Session(database.engine) as other:
            announce_change(other, about)
            other.commit()
        drain()

    with racing.app_context():
        vendor = InterruptedVendor(announce_and_let_another_worker_look)
        racing.extensions["gettone.provisioner"] = vendor
        with transaction() as session:
            announce_change(session, company_id)
        drain()
    assert len(vendor.changes) == 2
    assert audit_finds(racing) == []


def test_a_company_the_vendor_has_forgotten_is_asked_for_anew_while_the_first_call_still_ends(racing: Flask) -> None:
    """The call has written its outcome and not ended when a question finds that nothing came of it."""
    vendor = MemoryProvisioner(Accepted("op"), asked=[NotThere()])
    racing.extensions["gettone.provisioner"] = vendor
    with racing.app_context():
        with transaction() as session:
            wanted = an_activation(session, a_scene(session))
        with apart() as session:
            session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name <> 'provisioning.call'"))
            worker = session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")).scalar_one()
            calling = session.execute(_FETCH, {"worker": worker}).scalar_one()
        attempt(wanted, vendor)
        with transaction() as session:
            retry_now(session, wanted)
        drain()
        with apart() as session:
            session.execute(_FINISH, {"id": calling})
        drain()
        with transaction() as session:
            assert session.get_one(ProvisioningRequest, wanted).state == "DONE"
    assert len(vendor.calls) == 2
    assert audit_finds(racing) == []
