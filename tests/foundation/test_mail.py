import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import Outside
from foundation.ids import new_id
from foundation.jobs import dead_jobs, drain
from foundation.mail import (
    AddressRefused,
    Mail,
    MemoryMailer,
    compose,
    deliver_mail,
    one_address,
    queue_mail,
)
from foundation.settings import SANDBOX_SECRET_KEY
from foundation.tokens import link_token
from tests.conftest import Transact
from tests.tries import use_up_tries

USER = new_id()


class RefusesFirst(MemoryMailer):
    """A server that refuses the first messages and takes the rest."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    def send(self, message: EmailMessage) -> None:
        if self.refusals:
            self.refusals -= 1
            raise smtplib.SMTPServerDisconnected("try later")
        super().send(message)


class TakesAndFallsSilent(MemoryMailer):
    """A server that takes the first message, whose answer then never arrives."""

    def send(self, message: EmailMessage) -> None:
        super().send(message)
        if len(self.messages) == 1:
            raise TimeoutError


def _queue(tx: Transact, cause: str = "confirm:1", to: str = "studio@example.it", name: str = "Anna") -> bool:
    context: dict[str, Any] = {"user_id": str(USER), "version": 1, "name": name}
    with tx() as session:
        return queue_mail(session, cause=cause, to=to, template="confirm_email", context=context)


def _sent(outside: Outside) -> list[EmailMessage]:
    assert isinstance(outside.mailer, MemoryMailer)
    return outside.mailer.messages


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _stored(tx: Transact) -> Mail:
    with tx() as session:
        return session.scalars(select(Mail)).one()


def test_one_cause_makes_one_mail(tx: Transact, run_jobs: Callable[[], int], outside: Outside) -> None:
    assert _queue(tx)
    assert not _queue(tx)
    assert not _queue(tx, to="somebody.else@example.it")
    run_jobs()
    assert [message["To"] for message in _sent(outside)] == ["studio@example.it"]


def test_a_rolled_back_transaction_sends_no_mail(tx: Transact, run_jobs: Callable[[], int], outside: Outside) -> None:
    def change_its_mind() -> None:
        with tx() as session:
            queue_mail(session, cause="c", to="studio@example.it", template="confirm_email", context={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_its_mind()
    run_jobs()
    assert _sent(outside) == []


def test_nothing_is_sent_before_the_job_runs(tx: Transact, outside: Outside) -> None:
    _queue(tx)
    assert _sent(outside) == []
    assert _stored(tx).sent_at is None


def test_a_mail_has_a_text_and_a_page_and_the_headers_of_a_machine(
    tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    _queue(tx)
    run_jobs()
    message = _sent(outside)[0]
    stored = _stored(tx)
    assert stored.sent_at is not None
    assert message["Message-ID"] == f"<{stored.id}@127.0.0.1>"
    assert message["From"] == "Gettone <non-rispondere@gettone.example>"
    assert message["Reply-To"] == "assistenza@demo.example"
    assert message["Subject"]
    assert message["Date"].datetime == stored.queued_at
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Anna" in _part(message, "plain")
    assert "<html" in _part(message, "html")
    assert "<html" not in _part(message, "plain")


def test_the_link_is_made_when_the_mail_is_written_and_never_stored(
    tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    _queue(tx)
    run_jobs()
    token = link_token(SANDBOX_SECRET_KEY, "confirm_email", USER, 1)
    assert token in _part(_sent(outside)[0], "plain")
    assert token in _part(_sent(outside)[0], "html")
    with tx() as session:
        rows = session.execute(text("SELECT m::text FROM mails m UNION ALL SELECT j::text FROM procrastinate_jobs j"))
        assert not [row for row in rows.scalars() if token in row]


def test_what_a_person_typed_is_no_markup_in_the_page(
    tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:
    _queue(tx, name="<img src=x onerror=alert(1)>")
    run_jobs()
    page = _part(_sent(outside)[0], "html")
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    "name", ["Anna\r\nBcc: thief@example.it", "Anna\nSubject: other", "Anna\x0bX: y", "Anna\u2028X: y"]
)
def test_a_name_cannot_add_a_header(tx: Transact, run_jobs: Callable[[], int], outside: Outside, name: str) -> None:
    context = {"company_name": name, "company_id": str(USER), "coupon_code": "C", "support_code": "S", "reason": "R"}
    with tx() as session:
        queue_mail(session, cause="c", to="studio@example.it", template="company_ready", context=context)
    run_jobs()
    message = _sent(outside)[0]
    allowed = {"message-id", "from", "to", "reply-to", "subject", "date", "auto-submitted", "mime-version"}
    assert {header.lower() for header in message} == allowed | {"content-type"}
    assert len(message.get_all("Subject", [])) == 1
    head = message.as_bytes().split(b"\n\n")[0].lower()
    assert b"\nbcc:" not in head
    assert b"\nx:" not in head


@pytest.mark.parametrize(
    "address",
    [
        "studio@example.it\r\nBcc: thief@example.it",
        "studio@example.it, thief@example.it",
        "studio@example.it;thief@example.it",
        "Studio <studio@example.it>",
        "studio",
        "studio@",
        "@example.it",
        "",
        "stud\x00io@example.it",
        "due parole@example.it",
    ],
)
def test_only_exactly_one_address_is_written_to(
    app: Flask, tx: Transact, run_jobs: Callable[[], int], outside: Outside, address: str
) -> None:
    with pytest.raises(AddressRefused) as caught:
        one_address(address)
    assert address not in str(caught.value) or not address
    if "\x00" in address:
        return
    _queue(tx, to=address)
    run_jobs()
    assert _sent(outside) == []
    assert app is not None


def test_a_domain_with_accents_is_written_in_ascii(tx: Transact, run_jobs: Callable[[], int], outside: Outside) -> None:
    _queue(tx, to="info@caffè.example")
    run_jobs()
    assert _sent(outside)[0]["To"] == "info@xn--caff-8oa.example"


def test_a_mail_to_nobody_ends_among_the_dead_letters_without_the_address(app: Flask, tx: Transact) -> None:
    _queue(tx, to="mario rossi@example.it")
    with tx() as session:
        use_up_tries(session, "mail.deliver", 59)
    with app.app_context():
        drain()
    with tx() as session:
        dead = dead_jobs(session)
        assert [one.task_name for one in dead] == ["mail.deliver"]
        assert "mario rossi" not in str(dead)


def test_a_server_that_refuses_gets_the_mail_later_and_once(
    app: Flask, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    mailer = RefusesFirst(3)
    app.extensions["gettone.mailer"] = mailer
    _queue(tx)
    for _ in range(6):
        run_jobs()
    assert len(mailer.messages) == 1
    assert _stored(tx).sent_at is not None


def test_a_mail_that_bounced_is_not_tried_again_and_its_address_is_in_no_log(
    tx: Transact, run_jobs: Callable[[], int], outside: Outside, capsys: pytest.CaptureFixture[str]
) -> None:
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    mailer.nobody.add("nessuno@example.it")
    _queue(tx, to="nessuno@example.it")
    run_jobs()
    mailer.nobody.clear()
    run_jobs()
    stored = _stored(tx)
    assert (stored.sent_at, stored.refusal, mailer.messages) == (None, "550 5.1.1", [])
    assert "nessuno@example.it" not in capsys.readouterr().out


def test_a_repeat_after_a_lost_answer_carries_the_same_message_id(
    app: Flask, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    mailer = TakesAndFallsSilent()
    app.extensions["gettone.mailer"] = mailer
    _queue(tx)
    for _ in range(3):
        run_jobs()
    assert len(mailer.messages) == 2
    assert mailer.messages[0]["Message-ID"] == mailer.messages[1]["Message-ID"]
    assert mailer.messages[0].as_bytes().count(b"Message-ID") == 1


def test_a_mail_sent_twice_by_two_jobs_goes_out_once(
    app: Flask, tx: Transact, run_jobs: Callable[[], int], outside: Outside
) -> None:

    _queue(tx)
    run_jobs()
    with app.app_context():
        deliver_mail(str(_stored(tx).id))
        deliver_mail(str(new_id()))
    assert len(_sent(outside)) == 1


def test_a_mail_is_written_in_the_language_of_its_reader(app: Flask, tx: Transact) -> None:
    _queue(tx)
    mail = _stored(tx)
    with app.app_context():
        assert 'lang="it"' in _part(compose(mail), "html")
        mail.locale = "en"
        assert 'lang="en"' in _part(compose(mail), "html")
