"""What is inside a message: headers, text, HTML, attachments. Broken messages show what they can."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from hashlib import sha256

_LINK = re.compile(r"https?://[^\s<>\"']+")
_END_OF_SENTENCE = ".,;:!?)]}»”’"


@dataclass(frozen=True)
class Attachment:
    """A part that is neither the text nor the HTML."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True)
class Contents:
    """A message taken apart; `text` and `html` are empty where the message has none."""

    message_id: str | None
    subject: str
    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[Attachment]

    @property
    def digest(self) -> str:
        """One fingerprint for equal contents: the headers that say when or how it was packed do not count."""
        attached = [(one.name, one.kind, one.data) for one in self.attachments]
        return sha256(repr((self.subject, self.text, self.html, attached)).encode()).hexdigest()

    @property
    def links(self) -> list[str]:
        """The addresses in the text, then those only the HTML has, each once."""
        found = [link for _, link in split_links(self.text) if link]
        found += [link.replace("&amp;", "&") for link in re.findall(r'href="(https?://[^"]+)"', self.html)]
        return list(dict.fromkeys(found))


def read(raw: bytes) -> Contents:
    """Take a message apart.

    The tolerant parser is used on purpose: the strict one raises on headers a broken sender may
    write, and a mailbox must show just those.
    """
    message = message_from_bytes(raw, policy=compat32)
    headers = [(name, _decoded(str(value))) for name, value in message.raw_items()]
    text, html, attachments = "", "", []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment"
        if kind == "text/plain" and not text and not attached:
            text = _body(part)
        elif kind == "text/html" and not html and not attached:
            html = _body(part)
        else:
            attachments.append(Attachment(_decoded(part.get_filename() or "allegato"), kind, _payload(part)))
    message_id = _first(headers, "message-id") or None
    return Contents(message_id, _first(headers, "subject"), headers, text, html, attachments)


def split_links(text: str) -> list[tuple[str, str]]:
    """Cut a text into pairs (text, link that follows it); the last pair may have no link."""
    pieces: list[tuple[str, str]] = []
    end = 0
    for match in _LINK.finditer(text):
        link = match.group().rstrip(_END_OF_SENTENCE)
        pieces.append((text[end : match.start()], link))
        end = match.start() + len(link)
    return [*pieces, (text[end:], "")]


def _first(headers: list[tuple[str, str]], wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _decoded(value: str) -> str:
    """Decode the encoded words of a header, and the UTF-8 a modern sender puts there as it is."""
    plain = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        decoded = str(make_header(decode_header(plain)))
    except (ValueError, LookupError):
        decoded = plain
    return " ".join(decoded.encode("utf-8", "replace").decode().split())


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _body(part: Message) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        text = _payload(part).decode(charset, "replace")
    except LookupError:
        text = _payload(part).decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()
