"""Races for what is there once, beside a coupon: the last seat of a company, and an invitation (R04)."""

from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from entitlements import Company, NoFreeSeat, Party, invitations
from foundation import clock
from foundation.database import transaction
from foundation.principal import Principal
from pricing import add_months
from shop.accounts.seat_people import invite_to_seat
from shop.invitations.ordering import order_by_invitation
from tests.invited import BY_CARD, a_written_invitation
from tests.races.contest import Tally, audit_finds, contend, rows
from tests.races.service_races import Race, stocked
from tests.running import BASE, SEATS, Sold, a_company, bought


def last_seat(app: Flask, rounds: int, contenders: int) -> Tally:
    """Everybody is invited to the one seat left: one of them gets it."""
    tally, today = Tally(), clock.today()
    with app.app_context(), transaction() as session:
        company_id = a_company(session).id
        _bought(session, company_id, BASE)

    def invite(number: int) -> str:
        by = Principal(None, company_id, "company_owner")
        with app.app_context():
            try:
                with transaction() as session:
                    invite_to_seat(session, company_id, f"persona{number}@example.it", {"sent": "read"}, by)
            except NoFreeSeat:
                return "refused"
        return "won"

    for played in range(rounds):
        with app.app_context(), transaction() as session:
            _bought(session, company_id, SEATS)
        outcomes = contend(contenders, lambda number: invite(played * contenders + number))  # noqa: B023
        tally.count(outcomes)
        tally.expect(outcomes.count("won") == 1, f"the seat of {today} was won {outcomes.count('won')} times")
        tally.expect(outcomes.count("refused") == contenders - 1, f"the losers saw {outcomes}")
    taken = rows(app, "SELECT count(*) FROM seats WHERE state <> 'FREE'")
    tally.expect(taken == rounds, f"{taken} seats are taken after {rounds} rounds")
    tally.broken += audit_finds(app)
    return tally


def _bought(session: Session, company_id: UUID, product: Sold) -> None:
    company, today = session.get_one(Company, company_id), clock.today()
    bought(session, company, product, today, add_months(today, 12))


def same_invitation(app: Flask, rounds: int, contenders: int) -> Tally:
    """An invitation is completed by everybody who has its link: there is one order, and all are shown it."""
    tally, studio = Tally(), stocked(app)

    def order(invitation_id: UUID) -> UUID:
        with app.app_context(), transaction() as session:
            return order_by_invitation(session, invitations.lock_invitation(session, invitation_id), BY_CARD).id

    for played in range(rounds):
        invitation_id = _invited(app, studio, played)
        outcomes = contend(contenders, lambda _: order(invitation_id))  # noqa: B023
        tally.count(["shown" if isinstance(outcome, UUID) else outcome for outcome in outcomes])
        tally.expect(len({str(outcome) for outcome in outcomes}) == 1, f"the client was shown {outcomes}")
    ordered = rows(app, "SELECT count(*) FROM orders")
    tally.expect(ordered == rounds, f"{rounds} invitations became {ordered} orders")
    tally.broken += audit_finds(app)
    return tally


def _invited(app: Flask, studio: Party, number: int) -> UUID:
    with app.app_context(), transaction() as session:
        return a_written_invitation(session, studio, number)


LAST_THINGS: dict[str, Race] = {race.__name__: race for race in (last_seat, same_invitation)}
