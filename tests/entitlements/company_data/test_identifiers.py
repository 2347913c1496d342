import pytest

from entitlements.company_data import Problem, check_tax_code, check_vat_number, sentence_of


def code_of(outcome: str | Problem) -> str:
    return outcome.code if isinstance(outcome, Problem) else f"accepted {outcome}"


@pytest.mark.parametrize("written", ["00743110157", "IT00743110157", " it 007.431.101-57\n", "00743\u00a0110157\u200b"])
def test_a_vat_number_is_read_however_it_is_grouped(written: str) -> None:
    assert check_vat_number(written) == "00743110157"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "vat_number_missing"),
        (" IT ", "vat_number_missing"),
        ("0764352056", "vat_number_length"),
        ("007431101570", "vat_number_length"),
        ("0074311O157", "vat_number_not_digits"),
        ("٠٠٧٤٣١١٠١٥٧", "vat_number_not_digits"),
        ("00743110157\u202e", "vat_number_not_digits"),
        ("06363391011", "vat_number_check_digit"),
        ("12345678903", "vat_number_office"),
        ("00000000000", "vat_number_zeros"),
        ("RSSMRA80A01H501U", "vat_number_is_tax_code"),
        ("1" * 10_000, "vat_number_length"),
    ],
)
def test_each_fault_of_a_vat_number_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_vat_number(written)) == code


def test_the_sentence_of_a_wrong_digit_points_to_the_company_register() -> None:
    problem = check_vat_number("06363391011")
    assert isinstance(problem, Problem)
    assert sentence_of(problem) == "La Partita IVA non torna: una cifra è sbagliata. Confrontala con la visura."


@pytest.mark.parametrize("written", ["RSSMRA80A01H501U", "rss mra 80a01 h501u", "RSSMRA80A01H50MM", "97103880585"])
def test_tax_codes_of_persons_and_of_bodies_are_accepted(written: str) -> None:
    assert check_tax_code(written) == written.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "tax_code_missing"),
        ("RSSMRA80A01H501", "tax_code_length"),
        ("0636339101", "tax_code_length"),
        ("RSSMRA80A01H501Z", "tax_code_check_letter"),
        ("RSSMRA80F01H501G", "tax_code_shape"),
        ("RSSMRA80A00H501V", "tax_code_birth_date"),
        ("RSSMRA80A01H50ß", "tax_code_length"),
        ("RSSMRÀ80A01H501U", "tax_code_shape"),
        ("06363391011", "tax_code_check_digit"),
        ("12345678903", "tax_code_office"),
        ("00000000000", "tax_code_zeros"),
    ],
)
def test_each_fault_of_a_tax_code_has_its_own_code(written: str, code: str) -> None:
    assert code_of(check_tax_code(written)) == code


def test_a_company_s_tax_code_may_carry_the_prefix_of_the_vat_number() -> None:
    assert check_tax_code("IT00743110157") == "00743110157"
