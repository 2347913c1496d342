"""The ways the mailbox can be told to misbehave."""

import json
import smtplib

import pytest

from foundation.mail import RecipientRefused, SmtpMailer
from tests.sandbox.mailbox.stand import Mailbox, letter

pytestmark = pytest.mark.sockets


@pytest.mark.parametrize(("mode", "code"), [("refuse", 550), ("tempfail", 451)])
def test_recipients_can_be_refused(mailbox: Mailbox, mode: str, code: int) -> None:
    mailbox.control(mode=mode)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        mailbox.deliver(letter())
    assert refused.value.recipients["owner@studio-rossi.example"][0] == code
    assert mailbox.messages() == []


def test_the_shops_mailer_tells_a_refusal_for_good_from_one_that_may_pass(mailbox: Mailbox) -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{mailbox.smtp_port}")
    mailbox.control(mode="refuse")
    with pytest.raises(RecipientRefused, match=r"550 5\.1\.1"):
        mailer.send(letter())
    mailbox.control(mode="tempfail")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        mailer.send(letter())


@pytest.mark.parametrize(("mode", "code"), [("after_data_5xx", 554), ("after_data_4xx", 451)])
def test_the_letter_can_be_refused_after_it_was_read(mailbox: Mailbox, mode: str, code: int) -> None:
    mailbox.control(mode=mode)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        mailbox.deliver(letter())
    assert refused.value.smtp_code == code
    assert mailbox.messages() == []


def test_a_silent_mailbox_keeps_nothing(mailbox: Mailbox) -> None:
    mailbox.control(mode="hang", hang_seconds=1)
    connection = mailbox.smtp(seconds=0.2)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        connection.send_message(letter())
    connection.close()
    assert mailbox.messages() == []


def test_a_lost_answer_keeps_the_letter_and_a_retry_is_a_copy(mailbox: Mailbox) -> None:
    mailbox.control(mode="lost", times=1)
    message = letter(Message_ID="<three@gettone.example>")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mailbox.deliver(message)
    mailbox.deliver(message)
    assert [one["copies"] for one in mailbox.messages()] == [2]


def test_a_mode_can_last_for_some_letters_only(mailbox: Mailbox) -> None:
    mailbox.control(mode="tempfail", times=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mailbox.deliver(letter())
    mailbox.deliver(letter())
    assert len(mailbox.messages()) == 1
    assert json.loads(mailbox.get("/_control").body)["mode"] == "ok"


def test_everything_can_be_thrown_away(mailbox: Mailbox) -> None:
    mailbox.deliver(letter(Message_ID="<four@gettone.example>"))
    assert json.loads(mailbox.control(clear=True).body)["messages"] == 0
    mailbox.deliver(letter(Message_ID="<four@gettone.example>"))
    assert [one["copies"] for one in mailbox.messages()] == [1]


@pytest.mark.parametrize(
    "orders",
    [
        {"mode": "sometimes"},
        {"times": 0},
        {"times": True},
        {"hang_seconds": -1},
        {"clear": 1},
        {"unheard": 1},
        {"mode": []},
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(mailbox: Mailbox, orders: dict[str, object]) -> None:
    before = mailbox.get("/_control").body
    assert mailbox.control(**orders).status == 422
    assert mailbox.get("/_control").body == before
