"""Typesetting: values and a template become a PDF. Values travel as data, so nothing in them is ever markup."""

import json
from pathlib import Path

from foundation.database import JsonObject

_DOCUMENTS = Path(__file__).resolve().parents[2] / "templates" / "documents"


def typeset(template: str, values: JsonObject) -> bytes:
    """The PDF of `templates/documents/<template>.typ` with these values; system fonts are never used."""
    # Imported here: a web worker starts without it, which saves memory and a second.
    import typst  # noqa: PLC0415

    pdf = typst.compile(
        _DOCUMENTS / f"{template}.typ",
        root=_DOCUMENTS,
        font_paths=[_DOCUMENTS / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
    )
    assert isinstance(pdf, bytes)  # noqa: S101 - one document is one file
    return pdf
