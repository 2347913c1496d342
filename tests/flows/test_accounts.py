"""The story of a person: registered, confirmed, in, out, forgotten password, back in."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import text

from foundation.mail import MemoryMailer
from shop import User
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import csrf_token, post

STUDIO_FORM = {
    "name": "Studio Ferraris & Conti",
    "vat_number": "00743110157",
    "tax_code": "00743110157",
    "street": "Corso Vittorio Emanuele II 12",
    "postal_code": "10121",
    "city": "Torino",
    "province": "TO",
    "country": "IT",
    "sdi_code": "M5UXCR1",
    "pec": "",
    "phone": "",
    "owner_name": "Anna Ferraris",
    "email": "anna@ferraris.example.it",
    "password": "sette gatti verdi",
    "terms": "1",
}
RunJobs = Callable[[], int]


def last_path(letters: MemoryMailer, start: str) -> str:
    """The path of the last link in the last letter that begins with `start`."""
    body = letters.messages[-1].get_body(("plain",))
    assert body is not None
    found = re.findall(rf"http://127\.0\.0\.1:8000({start}\S+)", body.get_content())
    assert found, body.get_content()
    return str(found[-1])


def test_a_studio_registers_confirms_signs_in_forgets_its_password_and_comes_back(
    client: FlaskClient, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    answer = post(client, "/registrati", **STUDIO_FORM)
    assert answer.status_code == 200, answer.text
    assert "Controlla la posta" in answer.text
    run_jobs()
    assert letters.messages[-1]["To"] == "anna@ferraris.example.it"
    link = last_path(letters, "/conferma/")

    assert post(client, "/accedi", email=STUDIO_FORM["email"], password=STUDIO_FORM["password"]).status_code == 302
    assert "Conferma il tuo indirizzo" in client.get("/").text
    assert "Conferma l’indirizzo" in client.get(link).text
    assert "Conferma il tuo indirizzo" in client.get("/").text, "opening the link must change nothing"
    assert post(client, link).status_code == 302
    home = client.get("/").text
    assert "Conferma il tuo indirizzo" not in home
    assert "Area acquisti" in home
    assert "Attiva coupon acquistati" in home
    assert "Attività di supporto" in home
    assert client.get(link).status_code == 410, "a link works once"
    post(client, "/esci")

    assert post(client, "/password", email=STUDIO_FORM["email"]).status_code == 200
    run_jobs()
    link = last_path(letters, "/password/")
    assert client.get(link).status_code == 200
    assert post(client, link, password="corta").status_code == 422
    assert post(client, link, password="nove cani rossi").status_code == 302
    assert "Studio Ferraris" in client.get("/").text
    assert post(client, link, password="altra ancora lunga").status_code == 410
    post(client, "/esci")
    assert post(client, "/accedi", email=STUDIO_FORM["email"], password=STUDIO_FORM["password"]).status_code == 422
    assert post(client, "/accedi", email=STUDIO_FORM["email"], password="nove cani rossi").status_code == 302


def alike(page: str, *addresses: str) -> str:
    """A page without what differs for everybody: the address typed and the time in the form's token."""
    for address in addresses:
        page = page.replace(address, "…")
    return re.sub(r'(name="csrf_token" value="|X-CSRFToken": ")[^"]+', r"\1…", page)


def test_known_and_unknown_people_and_studios_get_the_same_answer(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        studio = a_studio(session, tax_code="07643520567", vat_number="07643520567")
        a_user(session, studio.id, email="nota@example.it")
    same_studio = STUDIO_FORM | {"tax_code": "07643520567", "vat_number": "07643520567"}
    answers = [
        post(client, "/registrati", **STUDIO_FORM),
        post(client, "/registrati", **STUDIO_FORM, fields={"email": "nota@example.it"}),
        post(client, "/registrati", **same_studio, fields={"email": "terza@example.it"}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    addresses = (STUDIO_FORM["email"], "nota@example.it", "terza@example.it")
    assert len({alike(answer.text, *addresses) for answer in answers}) == 1
    run_jobs()
    subjects = {message["To"]: message["Subject"] for message in letters.messages}
    assert subjects == {
        STUDIO_FORM["email"]: "Conferma il tuo indirizzo",
        "nota@example.it": "Hai già un accesso",
        "terza@example.it": "Questo studio è già registrato",
    }
    resets = [post(client, "/password", email=address) for address in ("nota@example.it", "mai@example.it")]
    assert len({alike(answer.text, "nota@", "mai@") for answer in resets}) == 1
    wrong = [
        post(client, "/accedi", email=address, password="x" * 9) for address in ("nota@example.it", "mai@example.it")
    ]
    assert len({alike(answer.text, "nota@", "mai@") for answer in wrong}) == 1
    assert {answer.status_code for answer in wrong} == {422}


def test_a_forged_host_never_reaches_a_mail(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        a_user(session, a_studio(session).id, email="nota@example.it")
    form = {"csrf_token": csrf_token(client), "email": "nota@example.it"}
    cookie = client.get_cookie("gettone")
    assert cookie is not None
    client.set_cookie("gettone", cookie.value, domain="evil.example")
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert client.post("/password", data=form, headers=forged).status_code == 200
    run_jobs()
    body = str(letters.messages[-1])
    assert "evil.example" not in body
    assert "http://127.0.0.1:8000/password/" in body


def test_a_link_is_worth_nothing_after_its_time_and_wrong_ones_are_slowed(
    client: FlaskClient, tx: Transact, run_jobs: RunJobs, letters: MemoryMailer
) -> None:
    with tx() as session:
        user = a_user(session, a_studio(session).id, email="nota@example.it")
    post(client, "/password", email="nota@example.it")
    run_jobs()
    link = last_path(letters, "/password/")
    assert client.get(link).status_code == 200
    assert client.get(link).headers["Referrer-Policy"] == "strict-origin"
    assert client.get(link.replace("/password/", "/conferma/")).status_code == 410, "a link serves its own purpose only"
    with tx() as session:
        stored = session.get_one(User, user.id)
        assert stored.link_sent_at is not None
        stored.link_sent_at -= timedelta(hours=1)
    assert client.get(link).status_code == 410
    assert post(client, link, password="nove cani rossi").status_code == 410
    tried = [client.get(f"/password/{'x' * 40}{number}").status_code for number in range(25)]
    assert tried[0] == 410
    assert tried[-1] == 429
    with tx() as session:
        assert link.rsplit("/", 1)[1] not in str(session.execute(text("SELECT context FROM mails")).all())


def test_whoever_has_no_account_yet_is_led_to_both_registrations(client: FlaskClient) -> None:
    """A company signs in where a studio does."""
    page = visit(client, "/accedi")
    assert "studio" not in page.part("h1 + *")
    assert page.follow("Registra lo studio").status == 200
    assert page.follow("Registra l’azienda").path == "/registrati/azienda"
