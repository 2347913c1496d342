"""Asking the vendor for a company: whatever is said, in whatever order, it is applied once (M9, M25, R12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from entitlements import Accepted, CompanyNotFound, MemoryProvisioner, NoAnswer, Ready, Refused, apply_answer
from entitlements.companies import Company
from entitlements.coupons.stock import Coupon
from entitlements.drafts import draft_of
from entitlements.licences import Licence
from entitlements.provisioning.answers import Contradiction, settle_contradiction
from entitlements.provisioning.attempts import ask_again, attempt
from entitlements.provisioning.give_up import RequestClosed, VendorSaysReady, VendorUndecided, give_up, retry_now
from entitlements.provisioning.provisioner import Asked, NotThere
from entitlements.provisioning.requests import ProvisioningRequest, calls_of, log_call
from foundation import clock
from foundation.database import JsonObject
from foundation.ids import new_id
from foundation.jobs import RetryLater
from foundation.principal import Principal
from tests.conftest import Transact
from tests.entitlements.scenes import Scene, a_scene, an_activation
from tests.stories import COMPANY_FORM

SUPPORT = Principal(user_id=None, party_id=None, role="support")


class TalkativeProvisioner(MemoryProvisioner):
    """Calls back before its own answer arrives."""

    def __init__(self, call_back: Callable[[], object], *answers: Accepted) -> None:
        super().__init__(*answers)
        self.call_back = call_back

    def create(self, key: str, body: JsonObject) -> Ready | Accepted | Refused | NoAnswer:
        """Say it by letter first, then answer."""
        self.call_back()
        return super().create(key, body)


@dataclass
class Case:
    """An activation that was confirmed and not yet asked for."""

    app: Flask
    tx: Transact
    scene: Scene
    company_id: UUID

    def try_once(self, vendor: MemoryProvisioner) -> None:
        """One try of the job."""
        with self.app.app_context():
            attempt(self.company_id, vendor)

    def apply(self, answer: Asked, kind: str = "callback") -> Contradiction | None:
        """What the vendor says, applied as a letter would."""
        with self.tx() as session:
            return apply_answer(session, self.company_id, answer, kind)

    def states(self) -> tuple[str, str, str]:
        """Request, company, coupon."""
        with self.tx() as session:
            request = session.get_one(ProvisioningRequest, self.company_id)
            company = session.get_one(Company, self.company_id)
            coupon = session.get_one(Coupon, self.scene.coupons[0])
            return request.state, company.state, coupon.state

    def waiting_jobs(self, name: str) -> int:
        """How many jobs of this name wait for this company."""
        with self.tx() as session:
            query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo'")
            return int(session.execute(query, {"name": name}).scalar_one())


@pytest.fixture
def case(app: Flask, tx: Transact) -> Case:
    with tx() as session:
        scene = a_scene(session)
        company_id = an_activation(session, scene)
    return Case(app, tx, scene, company_id)


def test_an_answer_that_arrives_twice_gives_one_licence(case: Case) -> None:
    case.try_once(MemoryProvisioner())
    case.apply(Ready(f"remote-{case.company_id}"))
    assert case.states() == ("DONE", "READY", "ACTIVE")
    with case.tx() as session:
        licences = select(func.count()).where(Licence.party_id == case.company_id)
        assert session.execute(licences).scalar_one() == 1


def test_a_callback_may_arrive_before_the_answer_it_follows(case: Case) -> None:
    case.try_once(TalkativeProvisioner(lambda: case.apply(Ready("KC-1")), Accepted("op")))
    assert case.states() == ("DONE", "READY", "ACTIVE")
    assert case.waiting_jobs("provisioning.ask") == 0


def test_a_refusal_may_arrive_before_the_acceptance_it_follows(case: Case) -> None:
    case.try_once(TalkativeProvisioner(lambda: case.apply(Refused("no")), Accepted("op")))
    assert case.states() == ("REFUSED", "REJECTED", "AVAILABLE")


def test_an_answer_that_was_lost_is_found_by_asking_again_with_the_same_key(case: Case) -> None:
    vendor = MemoryProvisioner(NoAnswer("ConnectionError"))
    with pytest.raises(RetryLater):
        case.try_once(vendor)
    assert case.states() == ("UNKNOWN", "PROVISIONING", "ACTIVATING")
    case.try_once(vendor)
    assert case.states() == ("DONE", "READY", "ACTIVE")
    assert vendor.calls == [f"company-{case.company_id}"] * 2


def test_tries_become_rarer_up_to_a_quarter_of_an_hour(case: Case) -> None:
    pauses = []
    for _ in range(12):
        with pytest.raises(RetryLater) as later:
            case.try_once(MemoryProvisioner(NoAnswer("HTTP 503")))
        pauses.append(later.value.pause)
    assert pauses[0] == timedelta(seconds=4)
    assert pauses == sorted(pauses, key=lambda pause: pause or timedelta())
    assert pauses[-1] == timedelta(minutes=15)


def test_a_lost_callback_is_made_good_by_asking(case: Case) -> None:
    case.try_once(MemoryProvisioner(Accepted("op")))
    assert case.waiting_jobs("provisioning.ask") == 1
    with case.app.app_context():
        with pytest.raises(RetryLater):
            ask_again(case.company_id, MemoryProvisioner(asked=[Accepted("op")]))
        ask_again(case.company_id, MemoryProvisioner(asked=[Ready("KC-1")]))
    assert case.states() == ("DONE", "READY", "ACTIVE")


def test_a_vendor_that_forgot_an_accepted_company_is_asked_for_it_anew(case: Case) -> None:
    case.try_once(MemoryProvisioner(Accepted("op")))
    with case.app.app_context():
        ask_again(case.company_id, MemoryProvisioner(asked=[NotThere()]))
    assert case.states()[0] == "UNKNOWN"
    assert case.waiting_jobs("provisioning.call") == 1
    case.try_once(MemoryProvisioner(Accepted("op2")))
    assert case.states()[0] == "ACCEPTED"
    assert case.waiting_jobs("provisioning.ask") == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_outcome_depends_on_what_was_said_not_on_its_order(case: Case, order: tuple[int, ...]) -> None:
    answers: tuple[Asked, ...] = (Accepted("op"), NoAnswer("Timeout"), Ready("KC-1"))
    for index in order:
        assert case.apply(answers[index]) is None
    assert case.states() == ("DONE", "READY", "ACTIVE")


def test_a_vendor_that_contradicts_itself_changes_nothing_and_waits_for_a_person(case: Case) -> None:
    case.apply(Refused("no"))
    found = case.apply(Ready("KC-1"))
    assert found == Contradiction(case.company_id, "REFUSED", "ready")
    assert case.states() == ("REFUSED", "REJECTED", "AVAILABLE")
    with case.tx() as session:
        assert session.get_one(ProvisioningRequest, case.company_id).contradiction == "ready after REFUSED"
        settle_contradiction(session, case.company_id, "somebody")
        settle_contradiction(session, case.company_id, "somebody")
        assert session.get_one(ProvisioningRequest, case.company_id).contradiction is None
        assert [call.kind for call in calls_of(session, case.company_id)][-2:] == ["callback", "settled"]


def test_a_company_ready_under_a_second_name_is_a_contradiction(case: Case) -> None:
    case.apply(Ready("KC-1"))
    found = case.apply(Ready("KC-2"))
    assert isinstance(found, Contradiction)
    with case.tx() as session:
        assert session.get_one(Company, case.company_id).remote_id == "KC-1"


def test_an_answer_about_an_unknown_company_is_refused(case: Case) -> None:
    with case.tx() as session, pytest.raises(CompanyNotFound):
        apply_answer(session, new_id(), Ready("KC-1"), "callback")


def test_a_refusal_at_the_end_of_a_coupons_time_leaves_a_month_to_try_again(
    case: Case, advance: Callable[[timedelta], None], run_jobs: Callable[[], int]
) -> None:
    """M9: the coupon was used in time, so a late refusal must not cost the studio its coupon."""
    with case.tx() as session:
        coupon = session.get_one(Coupon, case.scene.coupons[0])
        coupon.activate_by_on = clock.today() + timedelta(days=2)
    advance(timedelta(days=10))
    case.apply(Refused("no"))
    with case.tx() as session:
        coupon = session.get_one(Coupon, case.scene.coupons[0])
        assert (coupon.state, coupon.activate_by_on) == ("AVAILABLE", clock.today() + timedelta(days=30))
    advance(timedelta(days=31))
    run_jobs()
    assert case.states()[2] == "EXPIRED"


def test_what_was_typed_is_forgotten_once_the_company_exists(case: Case) -> None:
    with case.tx() as session:
        session.execute(
            text("INSERT INTO activation_drafts VALUES (:coupon, '{}', 'summary', now())"),
            {"coupon": case.scene.coupons[0]},
        )
    case.apply(Ready("KC-1"))
    with case.tx() as session:
        assert session.execute(text("SELECT count(*) FROM activation_drafts")).scalar_one() == 0


def test_a_refused_company_can_be_corrected_however_its_data_came(case: Case) -> None:
    """An activation by API has no draft: the form begins with what was sent, so that nothing is asked twice."""
    case.apply(Refused("no"))
    with case.tx() as session:
        draft = draft_of(session, case.scene.coupons[0])
        assert draft is not None
        assert draft.step == "summary"
        assert COMPANY_FORM | draft.fields == draft.fields | {"pec": "", "phone": ""}


def test_trying_now_brings_the_waiting_try_forward_instead_of_adding_one(case: Case) -> None:
    with case.tx() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '10 min'"))
        retry_now(session, case.company_id)
        retry_now(session, case.company_id)
        ready = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'provisioning.call' AND scheduled_at IS NULL"
        assert session.execute(text(ready)).scalar_one() == 1
    assert case.waiting_jobs("provisioning.call") == 1


def test_trying_an_accepted_request_asks_what_became_of_it(case: Case) -> None:
    case.try_once(MemoryProvisioner(Accepted("op")))
    with case.tx() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        retry_now(session, case.company_id)
    assert case.waiting_jobs("provisioning.ask") == 1


def test_a_closed_request_cannot_be_tried_or_given_up(case: Case) -> None:
    case.apply(Ready("KC-1"))
    with case.tx() as session, pytest.raises(RequestClosed):
        retry_now(session, case.company_id)
    with case.app.app_context(), pytest.raises(RequestClosed):
        give_up(case.company_id, MemoryProvisioner(), SUPPORT)


def test_giving_up_asks_first_and_believes_a_vendor_that_has_the_company(case: Case) -> None:
    with case.app.app_context(), pytest.raises(VendorSaysReady):
        give_up(case.company_id, MemoryProvisioner(asked=[Ready("KC-1")]), SUPPORT)
    assert case.states() == ("DONE", "READY", "ACTIVE")


def test_giving_up_what_the_vendor_had_refused_is_a_refusal(case: Case) -> None:
    with case.app.app_context():
        assert give_up(case.company_id, MemoryProvisioner(asked=[Refused("no")]), SUPPORT) == "REFUSED"
    assert case.states() == ("REFUSED", "REJECTED", "AVAILABLE")


@pytest.mark.parametrize(("said", "why"), [(NoAnswer("Timeout"), "silent"), (Accepted("op"), "working")])
def test_nobody_gives_up_while_the_vendor_does_not_say(case: Case, said: Asked, why: str) -> None:
    with case.app.app_context(), pytest.raises(VendorUndecided) as undecided:
        give_up(case.company_id, MemoryProvisioner(asked=[said]), SUPPORT)
    assert undecided.value.why == why
    assert case.states()[1:] == ("PROVISIONING", "ACTIVATING")


def test_nobody_gives_up_while_a_call_is_on_its_way(case: Case) -> None:
    """The company could come to exist a moment after the vendor said that there is none."""
    with case.tx() as session:
        log_call(session, case.company_id, "intent", "attempt 1")
    with case.app.app_context(), pytest.raises(VendorUndecided):
        give_up(case.company_id, MemoryProvisioner(), SUPPORT)
    assert case.states()[0] == "PENDING"


def test_a_call_that_began_during_the_last_question_stops_giving_up(case: Case) -> None:
    class Overtaken(MemoryProvisioner):
        def ask(self, company_id: str) -> Asked:
            with pytest.raises(RetryLater):
                attempt(UUID(company_id), MemoryProvisioner(NoAnswer("Timeout")))
            return NotThere()

    with case.app.app_context(), pytest.raises(VendorUndecided):
        give_up(case.company_id, Overtaken(), SUPPORT)
    assert case.states() == ("UNKNOWN", "PROVISIONING", "ACTIVATING")


def test_an_answer_after_giving_up_is_told_to_the_desk(case: Case) -> None:
    with case.app.app_context():
        assert give_up(case.company_id, MemoryProvisioner(), SUPPORT) == "GIVEN_UP"
    assert case.states() == ("GIVEN_UP", "REJECTED", "AVAILABLE")
    assert isinstance(case.apply(Ready("KC-1")), Contradiction)
    assert case.states() == ("GIVEN_UP", "REJECTED", "AVAILABLE")
