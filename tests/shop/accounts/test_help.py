from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app import Outside
from foundation.mail import MemoryMailer
from tests.signing import post

QUESTION = {
    "name": "Anna Ferraris",
    "email": "anna@example.it",
    "subject": "Il mio ordine",
    "message": "Dov’è?\nGrazie.",
}


def test_a_question_reaches_the_vendor_and_its_receipt_the_person(
    client: FlaskClient, run_jobs: Callable[[], int], outside: Outside
) -> None:
    assert post(client, "/assistenza", **QUESTION).status_code == 302
    page = client.get("/assistenza").text
    run_jobs()
    assert isinstance(outside.mailer, MemoryMailer)
    letters = {message["To"]: message for message in outside.mailer.messages}
    assert set(letters) == {"assistenza@demo.example", "anna@example.it"}
    reference = letters["anna@example.it"]["Subject"].rsplit(" ", 1)[1]
    assert reference in page
    assert reference in letters["assistenza@demo.example"]["Subject"]
    body = letters["assistenza@demo.example"].get_body(("plain",))
    assert body is not None
    assert "Dov’è?" in body.get_content()
    # Whoever answers the question writes to the person, and the person to the support.
    assert letters["assistenza@demo.example"]["Reply-To"] == "anna@example.it"
    assert letters["anna@example.it"]["Reply-To"] == "assistenza@demo.example"


@pytest.mark.parametrize("field", ["name", "email", "subject", "message"])
def test_an_empty_question_is_not_sent(client: FlaskClient, field: str) -> None:
    answer = post(client, "/assistenza", **(QUESTION | {field: " "}))
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_line_breaks_never_reach_a_heading(client: FlaskClient, run_jobs: Callable[[], int], outside: Outside) -> None:
    hostile = QUESTION | {"subject": "Ciao\r\nBcc: tutti@example.it"}
    post(client, "/assistenza", **hostile)
    assert post(client, "/assistenza", **(QUESTION | {"name": "Anna\r\nBcc: x@y.it"})).status_code == 422
    assert post(client, "/assistenza", **(QUESTION | {"email": "a@b.it\r\nBcc: x@y.it"})).status_code == 422
    run_jobs()
    assert isinstance(outside.mailer, MemoryMailer)
    assert all(message["Bcc"] is None for message in outside.mailer.messages)
    assert {message["To"] for message in outside.mailer.messages} == {"assistenza@demo.example", "anna@example.it"}


def test_one_address_asks_five_times_an_hour(client: FlaskClient) -> None:
    codes = [post(client, "/assistenza", **QUESTION).status_code for _time in range(6)]
    assert codes == [302] * 5 + [429]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("bonifico", "Pagare con bonifico"),
        ("BONIFICI", "Pagare con bonifico"),
        ("chi paga", "Chi paga i costi"),
        ("token", "API e token"),
    ],
)
def test_the_guide_is_searched_without_a_script(client: FlaskClient, wanted: str, found: str) -> None:
    page = client.get("/guida", query_string={"q": wanted}).text
    assert found in page
    assert page.index(found) < page.index("g-help")


def test_a_search_that_finds_nothing_says_so_and_shows_a_way_on(client: FlaskClient) -> None:
    page = client.get("/guida", query_string={"q": "<b>zebra</b>"}).text
    assert "Nessuna risposta" in page
    assert "<b>zebra" not in page
    assert "/assistenza" in page


def test_every_article_of_the_guide_can_be_read(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/guida").text, "html.parser")
    addresses = [str(link["href"]) for link in page.select("main a[href^='/guida/']")]
    assert len(addresses) > 8
    assert {client.get(address).status_code for address in addresses} == {200}
    assert client.get("/guida/non-esiste").status_code == 404


def test_the_terms_carry_the_clauses_the_checkout_names(client: FlaskClient) -> None:
    page = client.get("/condizioni").text
    assert "4. Durata e tacito rinnovo" in page
    assert "9. Limiti di responsabilità" in page
    assert "Testo di esempio" in page
