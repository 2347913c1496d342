import re
from pathlib import Path

import pytest

from entitlements.company_data import SENTENCES, Problem, sentence_of

PACKAGE = Path(__file__).parents[3] / "entitlements/company_data"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_speaks_as_the_product_does(code: str) -> None:
    sentence = SENTENCES[code]
    for text in filter(None, (sentence.text, sentence.for_one)):
        assert text.endswith(".")
        assert "!" not in text
        assert "'" not in text
        assert not re.search(r"\b(non valido|non valida|errore|input)\b", text)


def test_one_thing_written_is_said_in_the_singular() -> None:
    assert sentence_of(Problem("postal_code", "postal_code_length", {"written": "1"})).endswith("ne hai scritta 1.")
    assert sentence_of(Problem("postal_code", "postal_code_length", {"written": "4"})).endswith("ne hai scritte 4.")


def test_a_sentence_is_translated_before_its_values_are_put_in() -> None:
    english = {"Il CAP ha 5 cifre: ne hai scritte %(written)s.": "A CAP has 5 digits: you wrote %(written)s."}
    problem = Problem("postal_code", "postal_code_length", {"written": "4"})
    assert sentence_of(problem, english.__getitem__) == "A CAP has 5 digits: you wrote 4."


def test_the_name_of_a_legal_form_is_translated_too() -> None:
    problem = Problem("legal_form", "simplified_accounting_not_allowed", {"legal_form": "S.r.l."})
    assert "Ltd" in sentence_of(problem, lambda text: text.replace("S.r.l.", "Ltd"))


def test_every_text_is_marked_for_translation() -> None:
    source = (PACKAGE / "sentences.py").read_text(encoding="utf-8")
    marked = "".join(re.findall(r"N_\(([^)]*(?:\)s[^)]*)*)\)", source))
    assert all(sentence.text[:12] in marked for sentence in SENTENCES.values())
