"""A paid line starts, extends or renews a service, once; no end moves back, no day is paid twice (F004-11, 22, 24)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from entitlements import BaseServiceAlreadyActive, CompanyNotFound, TermMissing, TermMoved, grant, running_services
from entitlements.licences import Activation, Licence, LicenceTerm
from foundation.events import Event
from foundation.ids import new_id
from tests.conftest import Transact
from tests.running import BASE, DOCUMENTS, SEATS, a_company, a_term, bought, line_for

START = date(2026, 9, 15)
END = date(2027, 9, 15)


def test_a_base_service_bought_runs_to_its_last_day_then_is_limited_for_ninety_days(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        licence_id = bought(session, company, BASE, START, END)
        running = running_services(session, company.id, END - timedelta(days=1))
        assert running.base is not None
        assert (running.base.licence_id, running.base.sku, running.base.kind) == (licence_id, BASE.sku, "base_service")
        assert (running.base.unit_net_cents, running.base.vat_code) == (2_990, "IVA22")
        assert (running.base.anchor_on, running.base.ends_on) == (START, END)
        assert running.base_state == "ACTIVE"
        limited = running_services(session, company.id, END + timedelta(days=89))
        assert (limited.base_state, limited.base) == ("LIMITED", running.base)
        closed = running_services(session, company.id, END + timedelta(days=90))
        assert (closed.base_state, closed.base) == ("CLOSED", None)


def test_a_company_without_services_has_none(tx: Transact) -> None:
    with tx() as session:
        running = running_services(session, a_company(session).id, START)
    assert (running.base, running.base_state, running.others) == (None, "NONE", ())


def test_an_extension_keeps_the_anchor_and_a_renewal_sets_a_new_one(tx: Transact) -> None:
    """D3: later parts of a year go on counting from the anchor of the price term in force."""
    further, far = date(2027, 12, 1), date(2029, 12, 1)
    with tx() as session:
        company = a_company(session)
        licence_id = bought(session, company, BASE, START, END)
        assert grant(
            session, line_for(company, BASE, a_term(BASE, END, further, "EXTEND", licence_id, anchor_on=START))
        )
        base = running_services(session, company.id, START).base
        assert base is not None
        assert (base.anchor_on, base.ends_on) == (START, further)
        assert grant(session, line_for(company, BASE, a_term(BASE, further, far, "RENEW", licence_id)))
        base = running_services(session, company.id, START).base
        assert base is not None
        assert (base.anchor_on, base.ends_on) == (further, far)


def test_a_service_that_was_extended_meanwhile_is_not_charged_for_the_same_months(tx: Transact) -> None:
    further = END + timedelta(days=30)
    with tx() as session:
        company = a_company(session)
        licence_id = bought(session, company, BASE, START, END)
        first, second = (
            line_for(company, BASE, a_term(BASE, END, further, "EXTEND", licence_id, anchor_on=START)) for _ in range(2)
        )
        assert grant(session, first)
        with pytest.raises(TermMoved) as moved, session.begin_nested():
            grant(session, second)
        terms = session.scalar(select(func.count()).where(LicenceTerm.licence_id == licence_id))
    assert (moved.value.licence_id, moved.value.expected, moved.value.found) == (licence_id, END, further)
    assert terms == 2


@pytest.mark.parametrize("wrong", ["gap", "anchor", "stranger", "renewal_anchor"])
def test_a_term_that_does_not_follow_the_newest_one_is_refused(tx: Transact, wrong: str) -> None:
    further = END + timedelta(days=30)
    with tx() as session:
        company, other = a_company(session), a_company(session)
        licence_id = bought(session, company, BASE, START, END)
        term = a_term(BASE, END, further, "EXTEND", licence_id, anchor_on=START)
        if wrong == "gap":
            term |= {"starts_on": (END + timedelta(days=1)).isoformat()}
        if wrong == "anchor":
            term |= {"anchor_on": END.isoformat()}
        if wrong == "renewal_anchor":
            term |= {"action": "RENEW"}
        with pytest.raises(TermMoved):
            grant(session, line_for(other if wrong == "stranger" else company, BASE, term))


def test_one_base_service_is_open_per_tax_code(tx: Transact) -> None:
    """F004-24: while it is limited it can be renewed; a new one is bought after it has been closed."""
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, START, END)
        with pytest.raises(BaseServiceAlreadyActive) as refused, session.begin_nested():
            bought(session, company, BASE, START, END)
        assert refused.value.company_id == company.id
        assert session.scalar(select(func.count()).where(Licence.kind == "base_service")) == 1


def test_one_cause_starts_one_service(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        line = line_for(company, DOCUMENTS, a_term(DOCUMENTS, START, END))
        assert grant(session, line)
        assert not grant(session, line)
        assert len(running_services(session, company.id, START).others) == 1


def test_seats_bought_later_are_a_lot_of_their_own(tx: Transact) -> None:
    """D3: a quantity change starts a new lot with its own anchor."""
    later = date(2027, 1, 10)
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, START, END)
        bought(session, company, SEATS, START, END, quantity=2)
        bought(session, company, SEATS, later, END, quantity=3)
        lots = running_services(session, company.id, later).others
    assert [(lot.quantity, lot.anchor_on, lot.ends_on) for lot in lots] == [(2, START, END), (3, later, END)]


def test_what_ended_with_a_limited_base_can_be_renewed_with_it_and_what_was_dropped_cannot(tx: Transact) -> None:
    """F004-22: a module that ended earlier had not been renewed."""
    dropped = date(2027, 3, 1)
    with tx() as session:
        company = a_company(session)
        bought(session, company, BASE, START, END)
        kept = bought(session, company, DOCUMENTS, START, END)
        bought(session, company, SEATS, START, dropped)
        assert [one.licence_id for one in running_services(session, company.id, END).others] == [kept]
        assert [one.licence_id for one in running_services(session, company.id, dropped).others] == [kept]


def test_a_company_that_buys_for_itself_is_remembered_as_a_self_purchaser_and_a_studio_s_client_is_not(
    tx: Transact,
) -> None:
    """M8, D27: eligibility reads it for ever."""
    with tx() as session:
        own, client = a_company(session), a_company(session)
        bought(session, own, BASE, START, END)
        studio_id = client.requested_by_party_id
        grant(session, line_for(client, BASE, a_term(BASE, START, END), owner_party_id=studio_id))
        bought(session, own, DOCUMENTS, START, END)
        query = select(Activation.party_id, Activation.self_purchase).where(Activation.operation == "PURCHASE")
        rows = {(row[0], row[1]) for row in session.execute(query)}
    assert rows == {(own.id, True), (client.id, False)}


def test_what_happened_is_told_in_events_without_personal_data(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        licence_id = bought(session, company, BASE, START, END)
        bought(session, company, DOCUMENTS, START, END)
        bought(session, company, SEATS, START, END, quantity=2)
        grant(session, line_for(company, BASE, a_term(BASE, END, END + timedelta(days=9), "RENEW", licence_id)))
        session.flush()
        events = session.scalars(select(Event).where(Event.party_id == company.id).order_by(Event.id)).all()
    assert [one.type for one in events] == ["licence.started", "addon.activated", "seats.changed", "licence.changed"]
    assert events[0].data == {
        "licence_id": str(licence_id),
        "kind": "base_service",
        "cause_id": events[0].data["cause_id"],
        "ends_on": END.isoformat(),
    }


def test_a_line_without_its_days_or_without_a_company_is_refused(tx: Transact) -> None:
    with tx() as session:
        company = a_company(session)
        with pytest.raises(TermMissing):
            grant(session, line_for(company, BASE, None))
    with tx() as session, pytest.raises(CompanyNotFound):
        grant(session, line_for(company, BASE, a_term(BASE, START, END), for_party_id=new_id()))
