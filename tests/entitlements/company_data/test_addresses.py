import pytest

from entitlements.company_data import (
    Problem,
    check_email,
    check_iban,
    check_pec,
    check_phone,
    check_postal_code,
    check_province,
    check_purchase_order_ref,
    check_sdi_code,
    sentence_of,
)


def said(outcome: str | Problem) -> str:
    return sentence_of(outcome) if isinstance(outcome, Problem) else f"accettato {outcome}"


def code_of(outcome: str | Problem) -> str:
    return outcome.code if isinstance(outcome, Problem) else f"accepted {outcome}"


@pytest.mark.parametrize(
    ("written", "kept"),
    [(" Mario@Studio.IT ", "Mario@studio.it"), ("o'hara+x@a.example", "o'hara+x@a.example")],
)
def test_an_email_keeps_its_name_and_lowers_its_domain(written: str, kept: str) -> None:
    assert check_email(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "email_missing"),
        ("mario", "email_shape"),
        ("mario@studio", "email_shape"),
        ("a@b.it\r\nBcc: x@y.it", "email_characters"),
        ("Mario <a@b.it>", "email_characters"),
        ("a@b.it\x00", "email_characters"),
        ("perché@b.it", "email_characters"),
        ("a@bà.it", "email_characters"),
        ('"a"@b.it', "email_shape"),
        ("a@[127.0.0.1]", "email_shape"),
        ("a" * 300 + "@b.it", "email_too_long"),
        ("a,b@c.it", "email_shape"),
    ],
)
def test_each_fault_of_an_email_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_email(written)) == code


def test_a_pec_speaks_of_itself() -> None:
    assert said(check_pec("studio@pec")) == "La PEC non è completa. Scrivila così: nome@pec.it."


@pytest.mark.parametrize("written", ["m5uxcr1", " M5UX-CR1 ", "0000000"])
def test_a_recipient_code_is_put_in_capitals(written: str) -> None:
    assert check_sdi_code(written) in {"M5UXCR1", "0000000"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "sdi_code_missing"),
        ("M5UXCR", "sdi_code_public_body"),
        ("M5UX", "sdi_code_length"),
        ("M5UXCR12", "sdi_code_length"),
        ("M5UX_R1", "sdi_code_characters"),
        ("M5UXCRß", "sdi_code_characters"),
        ("XXXXXXX", "sdi_code_foreign"),
    ],
)
def test_each_fault_of_a_recipient_code_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_sdi_code(written)) == code


def test_six_characters_are_refused_with_the_reason() -> None:
    sentence = said(check_sdi_code("M5UXCR"))
    assert sentence.startswith("Il codice destinatario ha 7 caratteri: ne hai scritti 6. ")
    assert "pubbliche amministrazioni" in sentence


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("02 0000 0000", "0200000000"),
        ("+39 02/0000-0000", "0200000000"),
        ("0039 333 1234567", "3331234567"),
        ("+41 44 668 18 00", "+41446681800"),
    ],
)
def test_a_telephone_is_kept_as_digits_without_the_italian_prefix(written: str, kept: str) -> None:
    assert check_phone(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "phone_missing"),
        ("interno uno", "phone_characters"),
        ("02+334455", "phone_characters"),
        ("123", "phone_length"),
        ("1" * 13, "phone_length"),
    ],
)
def test_each_fault_of_a_telephone_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_phone(written)) == code


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("1012", "Il CAP ha 5 cifre: ne hai scritte 4."),
        ("1", "Il CAP ha 5 cifre: ne hai scritta 1."),
        ("2012A", "Il CAP ha solo cifre: 5, senza lettere."),
        ("", "Scrivi il CAP."),
        (" 20 121 ", "accettato 20121"),
    ],
)
def test_a_postal_code_says_what_is_missing(written: str, sentence: str) -> None:
    assert said(check_postal_code(written)) == sentence


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("(mi)", "accepted MI"),
        ("NA", "accepted NA"),
        ("SU", "accepted SU"),
        ("OT", "accepted OT"),
        ("", "province_missing"),
        ("Milano", "province_shape"),
        ("M1", "province_shape"),
        ("ZZ", "province_unknown"),
    ],
)
def test_a_province_is_two_letters_of_the_list(written: str, code: str) -> None:
    assert code_of(check_province(written)) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("it60 x054 2811 1010 0000 0123 456", "accepted IT60X0542811101000000123456"),
        ("", "iban_missing"),
        ("IT60X0542811101000000123457", "iban_check_digits"),
        ("IT60Y0542811101000000123456", "iban_check_digits"),
        ("IT64Y0542811101000000123456", "iban_account"),
        ("IT60X054281110100000012345", "iban_length"),
        ("DE89370400440532013000", "iban_not_italian"),
        ("IT60X05428111010000001234é6", "iban_characters"),
    ],
)
def test_each_fault_of_an_iban_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_iban(written)) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "accepted "),
        (" PO  2026/17 ", "accepted PO 2026/17"),
        ("x" * 21, "purchase_order_ref_too_long"),
        ("però", "purchase_order_ref_characters"),
        ("a\x00b", "purchase_order_ref_characters"),
    ],
)
def test_an_order_reference_fits_the_invoice(written: str, code: str) -> None:
    assert code_of(check_purchase_order_ref(written)) == code
