"""Names of people, which end up in the headings of mails: one line, nothing invisible."""

import unicodedata

LONGEST_NAME = 100


def person_name(text: str) -> str | None:
    """The name in one line without needless spaces; None when it is empty, too long or holds control characters."""
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"} for letter in text.strip()):
        return None
    name = " ".join(text.split())
    return name if 0 < len(name) <= LONGEST_NAME else None
