import re
from collections.abc import Callable
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import Outside
from foundation.mail import MemoryMailer
from shop import Membership, User
from shop.accounts.api_tokens import api_tokens_of
from shop.accounts.members import INVITATION_LASTS
from shop.accounts.passwords import hash_password
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in

RunJobs = Callable[[], int]


def a_team(tx: Transact) -> tuple[User, User, UUID]:
    """An owner, a collaborator and their studio."""
    with tx() as session:
        studio = a_studio(session, name="Studio Verdi")
        owner, staff = a_user(session, studio.id), a_user(session, studio.id, "staff")
        return owner, staff, studio.id


def membership_of(tx: Transact, user: User) -> UUID:
    with tx() as session:
        return session.scalars(select(Membership.id).where(Membership.user_id == user.id)).one()


def letter(outside: Outside) -> tuple[str, str]:
    """Address and path of the link in the last letter."""
    assert isinstance(outside.mailer, MemoryMailer)
    message = outside.mailer.messages[-1]
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["To"]), re.findall(r"http://127\.0\.0\.1:8000(/invito/\S+)", body.get_content())[-1]


def test_a_new_person_is_invited_chooses_a_password_and_works(
    client: FlaskClient, app: Flask, tx: Transact, run_jobs: RunJobs, outside: Outside
) -> None:
    owner, _staff, _studio = a_team(tx)
    sign_in(client, owner)
    assert post(client, "/account/persone", email="Nuova@Verdi.example", role="staff").status_code == 302
    assert "Invitato" in client.get("/account/persone").text
    run_jobs()
    address, path = letter(outside)
    assert address == "nuova@verdi.example"
    guest = app.test_client()
    assert "Studio Verdi ti ha invitato" in guest.get(path).text
    assert post(guest, path, name="", password="corta").status_code == 422
    assert post(guest, path, name="Nina\r\nBcc: x@y.z", password="sette gatti verdi").status_code == 422
    assert post(guest, path, name="Nina Nuova", password="sette gatti verdi").location == "/"
    assert "Studio Verdi" in guest.get("/").text
    assert guest.get(path).status_code == 410
    assert "Nina Nuova" in client.get("/account/persone").text
    assert guest.get("/account/persone").status_code == 403, "staff does not see the people (M3)"


def test_somebody_known_is_invited_alike_and_signs_in_with_their_own_password(
    client: FlaskClient, app: Flask, tx: Transact, run_jobs: RunJobs, outside: Outside
) -> None:
    owner, _staff, studio_id = a_team(tx)
    with tx() as session:
        other = a_studio(session, name="Studio Gialli")
        known = a_user(session, other.id, email="nota@example.it", password_hash=hash_password("sette gatti verdi"))
    sign_in(client, owner)
    answers = [post(client, "/account/persone", email=address) for address in ("nota@example.it", "mai@example.it")]
    assert {answer.status_code for answer in answers} == {302}
    rows = re.findall(r"(?:nota|mai)@example\.it</strong>.*?</tr>", client.get("/account/persone").text, re.DOTALL)
    assert len({re.sub(r"nota|mai|value=\"[^\"]+\"|persone/[0-9a-f-]+", "…", row) for row in rows}) == 1
    with tx() as session:
        pending = session.scalars(
            select(Membership).where(Membership.user_id == known.id, Membership.party_id == studio_id)
        ).one()
        assert pending.invited_at is not None
    guest = app.test_client()
    sign_in(guest, known)
    assert "Lavori anche per" not in guest.get("/account").text, "nobody is added before they accept"
    run_jobs()
    assert isinstance(outside.mailer, MemoryMailer)
    path = next(
        re.findall(r"(/invito/\S+)", str(message.get_body(("plain",)).get_content()))[-1]  # type: ignore[union-attr]
        for message in outside.mailer.messages
        if message["To"] == "nota@example.it"
    )
    assert 'type="password"' not in guest.get(path).text
    assert post(guest, path).status_code == 302
    assert "Studio Verdi" in guest.get("/account").text


def test_an_account_somebody_else_opened_under_the_invited_address_is_worthless_to_them(
    client: FlaskClient, app: Flask, tx: Transact, run_jobs: RunJobs, outside: Outside
) -> None:
    owner, _staff, studio_id = a_team(tx)
    with tx() as session:
        theirs = a_studio(session, name="Studio Finto")
        squatter = a_user(
            session,
            theirs.id,
            email="nuova@verdi.example",
            email_confirmed_at=None,
            password_hash=hash_password("sette gatti neri"),
        )
    watching = app.test_client()
    sign_in(watching, squatter)
    sign_in(client, owner)
    post(client, "/account/persone", email="nuova@verdi.example")
    run_jobs()
    _address, path = letter(outside)
    guest = app.test_client()
    assert 'type="password"' in guest.get(path).text, (
        "nobody proved to own the address, so its password counts for nothing"
    )
    assert post(guest, path, name="Nina Nuova", password="sette gatti verdi").location == "/"
    assert watching.get("/account").status_code == 302
    stranger = app.test_client()
    answer = post(stranger, "/accedi", email="nuova@verdi.example", password="sette gatti neri")
    assert answer.status_code == 422
    with tx() as session:
        query = select(Membership.invited_at).where(Membership.party_id == studio_id, Membership.user_id == squatter.id)
        assert session.scalars(query).one() is None


def test_inviting_again_kills_the_first_link_and_a_week_kills_any(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, outside: Outside
) -> None:
    owner, _staff, _studio = a_team(tx)
    sign_in(client, owner)
    post(client, "/account/persone", email="nuova@verdi.example")
    run_jobs()
    _address, first = letter(outside)
    post(client, "/account/persone", email="nuova@verdi.example")
    run_jobs()
    _address, second = letter(outside)
    assert first != second
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    with tx() as session:
        session.execute(
            update(Membership)
            .where(Membership.invited_at.is_not(None))
            .values(invited_at=Membership.invited_at - INVITATION_LASTS)
        )
    assert client.get(second).status_code == 410


def test_taking_access_away_ends_the_sessions_at_once(client: FlaskClient, app: Flask, tx: Transact) -> None:
    owner, staff, _studio = a_team(tx)
    colleague = app.test_client()
    sign_in(colleague, staff)
    sign_in(client, owner)
    assert colleague.get("/account").status_code == 200
    assert post(client, f"/account/persone/{membership_of(tx, staff)}", role="none").status_code == 302
    assert colleague.get("/account").status_code == 302
    assert staff.email not in client.get("/account/persone").text


def test_tokens_of_whoever_leaves_go_on_and_the_owner_is_told(client: FlaskClient, app: Flask, tx: Transact) -> None:
    owner, colleague, studio = a_team(tx)
    sign_in(client, owner)
    post(client, f"/account/persone/{membership_of(tx, colleague)}", role="owner")
    leaving = app.test_client()
    sign_in(leaving, colleague)
    post(leaving, "/account/token", name="il gestionale")
    post(client, f"/account/persone/{membership_of(tx, colleague)}", role="none")
    assert "Funziona ancora 1 token delle API creato da questa persona" in client.get("/account/persone").text
    with tx() as session:
        assert [token.revoked_at for token in api_tokens_of(session, studio)] == [None]


def test_the_last_owner_can_neither_go_nor_step_down(client: FlaskClient, tx: Transact) -> None:
    owner, staff, _studio = a_team(tx)
    sign_in(client, owner)
    mine = f"/account/persone/{membership_of(tx, owner)}"
    for role in ("none", "staff"):
        post(client, mine, role=role)
        assert "Serve sempre un titolare" in client.get("/account/persone").text
    post(client, f"/account/persone/{membership_of(tx, staff)}", role="owner")
    post(client, mine, role="staff")
    assert client.get("/account/persone").status_code == 302, "a change of role signs out"


def test_nobody_touches_the_people_of_another_studio(client: FlaskClient, tx: Transact) -> None:
    owner, _staff, _studio = a_team(tx)
    stranger, _other, _party = a_team(tx)
    sign_in(client, owner)
    theirs = membership_of(tx, stranger)
    post(client, f"/account/persone/{theirs}", role="none")
    with tx() as session:
        assert session.get_one(Membership, theirs).revoked_at is None


def test_staff_manages_neither_people_nor_tokens(client: FlaskClient, tx: Transact) -> None:
    _owner, staff, _studio = a_team(tx)
    sign_in(client, staff)
    assert post(client, "/account/persone", email="x@example.it").status_code == 403
    assert client.get("/account/token").status_code == 403
    assert post(client, "/account/token", name="mio").status_code == 403


def test_a_studio_that_invites_too_many_people_has_to_wait(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        owner = a_user(session, studio.id)
    sign_in(client, owner, studio.id)
    answers = [post(client, "/account/persone", email=f"nuovo{n}@example.it", role="staff") for n in range(21)]
    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    assert "Retry-After" in answers[-1].headers
