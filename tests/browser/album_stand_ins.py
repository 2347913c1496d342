"""Pictures of the mails, and of the programs that stand in for the outside world."""

import re

from tests.browser.cast import Cast


def mails(cast: Cast) -> None:
    """Every kind of mail that the scenes before caused, as it is drawn."""
    cast.album.open_chapter("Mails")
    seen: set[str] = set()
    stage, page = cast.stage, cast.guest.page
    for letter in reversed(stage.letters()):
        kind = _kind(letter)
        if letter["html"] and kind not in seen:
            seen.add(kind)
            page.goto(f"{stage.mailbox}/messaggi/{letter['id']}/html")
            cast.here(cast.guest, f"mail-{kind}", letter["subject"], dark=kind.startswith("coupon-pronti"))


def stand_ins(cast: Cast) -> None:
    """The mailbox, the accounting program, the simulator's panel."""
    guest, stage = cast.guest, cast.stage
    cast.album.open_chapter("Stand-ins of the sandbox")
    cast.take(guest, f"{stage.mailbox}/", "mailbox", "The mailbox that keeps every mail")
    cast.take(guest, f"{stage.mailbox}/messaggi/{stage.letters()[0]['id']}", "mailbox-letter", "One mail")
    cast.take(guest, stage.accounting, "accounting", "The accounting program's companies")
    guest.follow("Officina Brambilla S.n.c.")
    cast.here(guest, "accounting-company", "One company there")
    cast.take(guest, f"{stage.accounting}/apri", "accounting-doors", "Deep links into the shop")
    guest.follow("Apri Attività di supporto")
    cast.here(guest, "deep-link", "Coming in from the accounting program")
    cast.take(guest, f"{stage.accounting}/prove", "accounting-trials", "How the accounting program misbehaves")
    cast.take(guest, stage.environment["STRIPE_API_BASE"], "simulator-panel", "The simulator's panel")


def _kind(letter: dict[str, str]) -> str:
    """A file name from the subject, without numbers and names."""
    words = letter["subject"].partition(" · ")[0].partition(":")[0].lower()
    words = re.sub(r"^.* è attiva$", "azienda attiva", words)
    words = re.sub(r"^.* ti ha invitato$", "ti ha invitato", words)
    words = re.sub(r"\b\S*\d\S*\b", "", words)
    plain = words.translate(str.maketrans("àèéìòù", "aeeiou"))
    bank = "-bonifico" if "IBAN" in letter["text"] and plain.startswith("ordine ricevuto") else ""
    return re.sub(r"[^a-z]+", "-", plain).strip("-") + bank
