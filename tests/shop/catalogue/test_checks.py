import pytest

from tests.shop.catalogue.texts import BASE_AND_MODULE, DEMO, SMALL, catalogue_of, changed, line_of, mistakes_in

# What is changed, into what, the mistake, and the text that stands on its line.
WRONG_VALUES = [
    ('net = "49.00"', "net = 49.00", "price_not_text", "net = 49.00"),
    ('net = "49.00"', "net = 49", "price_not_text", "net = 49"),
    ('net = "49.00"', 'net = "49.001"', "price_not_exact", "49.001"),
    ('net = "49.00"', 'net = "49,00"', "price_not_exact", "49,00"),
    ('net = "49.00"', 'net = "0.00"', "price_out_of_range", "0.00"),
    ('net = "49.00"', 'net = "-5.00"', "price_out_of_range", "-5.00"),
    ('net = "49.00"', 'net = "1000000.01"', "price_out_of_range", "1000000.01"),
    ("from = 10", "from = 1", "out_of_range", "from = 1,"),
    ("from = 50", "from = 10", "tier_not_increasing", 'from = 10, net = "41.00"'),
    ('net = "41.00"', 'net = "45.01"', "tier_dearer", "45.01"),
    ('vat = "IVA22"', 'vat = "IVA4"', "unknown_vat", "IVA4"),
    ('family = "ACCOUNTING"', 'family = "OTHER"', "unknown_family", "OTHER"),
    ('coupon_type = "LITE"', 'coupon_type = "OTHER"', "unknown_coupon_type", "OTHER"),
    ('kind = "coupon_pack"', 'kind = "pack"', "not_one_of", '"pack"'),
    ('kind = "coupons"', 'kind = "gold"', "not_one_of", "gold"),
    ('kind = "coupon_pack"', 'kind = "credit"', "gives_does_not_fit", 'kind = "coupons"'),
    ('term = "12 months"', 'term = "13 months"', "term_unknown", "13 months"),
    ('term = "12 months"', 'term = "next Tuesday"', "term_unknown", "Tuesday"),
    ("units = 1\n", "units = 0\n", "out_of_range", "units = 0"),
    ("units = 1\n", "units = -3\n", "out_of_range", "units = -3"),
    ("units = 1\n", "units = 1001\n", "out_of_range", "units = 1001"),
    ("units = 1\n", "units = true\n", "not_whole", "units = true"),
    ('code_prefix = "LTE"', 'code_prefix = "lte"', "not_a_code", '"lte"'),
    ('sku = "LITE-1"', 'sku = "lite 1"', "not_a_code", "lite 1"),
    ('sku = "CREDIT-50"', 'sku = "LITE-1"', "repeated_code", "sku"),
    ('it = "Coupon LITE"', 'it = ""', "text_empty", 'it = ""'),
    ('it = "Coupon LITE"', 'it = "a\\u0000b"', "text_characters", "u0000"),
    ('it = "Coupon LITE"', 'it = "a\\u202Eb"', "text_characters", "u202E"),
    ('it = "Coupon LITE", ', "", "missing", 'name = { en = "LITE coupon"'),
    ('net = "49.00"', 'colour = "red"\nnet = "49.00"', "unknown_key", "colour"),
    ('vat = "IVA22"', 'vatt = "IVA22"', "unknown_key_near", "vatt"),
    ("basis_points = 2200", "basis_points = 0", "vat_without_nature", "[[vat]]"),
    ("basis_points = 2200", 'basis_points = 2200\nnature = "N4"', "vat_with_nature", "nature"),
    ("valid_from = 2026-01-01", 'valid_from = "2026-01-01"', "not_a_day", "valid_from"),
    ("valid_from = 2026-01-01", "valid_from = 2026-01-01T00:00:00Z", "not_a_day", "valid_from"),
    ('vat = "IVA22"', 'vat = "IVA22"\nsold = "no"', "not_a_switch", "sold"),
    ('vat = "IVA22"', 'vat = "IVA22"\nbuyers = []', "empty", "buyers"),
    ('vat = "IVA22"', 'vat = "IVA22"\nbuyers = "STUDIO"', "not_a_list", "buyers"),
    ('vat = "IVA22"', 'vat = "IVA22"\nbuyers = ["STUDIO", "STUDIO"]', "repeated_member", "buyers"),
    ('vat = "IVA22"', 'vat = "IVA22"\neligibility = "luck"', "not_one_of", "luck"),
    ('vat = "IVA22"', 'vat = "IVA22"\noff_policy = "FREE"', "not_one_of", "FREE"),
    ('vat = "IVA22"', 'vat = "IVA22"\nrequires = ["GHOST"]', "unknown_sku", "GHOST"),
    ('vat = "IVA22"', 'vat = "IVA22"\nrequires = ["LITE-1"]', "names_itself", "requires"),
    ('vat = "IVA22"', 'vat = "IVA22"\navailable_for = ["CREDIT-50"]', "not_a_base_service", "available_for"),
    (
        'vat = "IVA22"',
        'vat = "IVA22"\nprices = [{ valid_from = 2026-01-01, net = "1.00" }]',
        "price_day_not_later",
        "2026-01-01, net",
    ),
    ('vat = "IVA22"', 'vat = "IVA22"\nprices = 3', "not_tables", "prices"),
    ("[product.gives]\n", '[product.gives]\nends = "never"\n', "unknown_key", "ends"),
    ('code = "LITE"', 'code = "LITE"\ndescription = "Semplificata."', "not_a_table", "Semplificata"),
]


STEP = '{ code = "ONE", it = "Uno", en = "One", kind = "REQUIRED", by = "COMPANY"'
# The same for what only a service that runs can have.
WRONG_SERVICES = [
    ("sold = false", "sold = false\nmax_years = 11", "out_of_range", "max_years"),
    ("sold = false", "sold = false\nmax_years = 0", "out_of_range", "max_years"),
    ("sold = false", 'sold = false\nnotice = { it = "Solo italiano." }', "missing", "notice"),
    ("sold = false", "sold = false\nsetup = []", "empty", "setup"),
    ("sold = false", f"sold = false\nsetup = [{STEP} }}, {STEP} }}]", "repeated_code", "setup"),
    ("sold = false", f'sold = false\nsetup = [{STEP}, after = "ONE" }}]', "step_not_earlier", "setup"),
    ("sold = false", f'sold = false\nsetup = [{STEP}, after = "TWO" }}]', "step_not_earlier", "setup"),
    ("sold = false", f"sold = false\nsetup = [{STEP.replace('REQUIRED', 'NICE')} }}]", "not_one_of", "setup"),
    ("sold = false", f"sold = false\nsetup = [{STEP.replace('COMPANY', 'NOBODY')} }}]", "not_one_of", "setup"),
    ("units = 5000", "units = 5000\n[product.notice]\nit = 'Ciao.'\nen = 'Hello.'", "services_only", "notice"),
    ('net = "50.00"', f'net = "50.00"\nsetup = [{STEP} }}]', "services_only", "setup"),
    ('net = "50.00"', 'net = "50.00"\nmax_years = 2', "services_only", "max_years"),
    ('net = "50.00"', 'net = "50.00"\noff_policy = "TRUNCATE"', "services_only", "off_policy"),
]


@pytest.mark.parametrize(("old", "new", "code", "on_line"), WRONG_SERVICES)
def test_what_a_service_carries_is_checked_with_its_line(old: str, new: str, code: str, on_line: str) -> None:
    text = changed(old, new, SMALL + BASE_AND_MODULE)
    found = mistakes_in(text)
    assert (code, line_of(text, on_line)) in {(mistake.code, mistake.line) for mistake in found}
    assert all("%(" not in mistake.sentence for mistake in found)


@pytest.mark.parametrize(("old", "new", "code", "on_line"), WRONG_VALUES)
def test_a_wrong_value_is_named_with_its_line(old: str, new: str, code: str, on_line: str) -> None:
    text = changed(old, new)
    expected = line_of(text, on_line, 2 if code == "repeated_code" else 1)
    assert (code, expected) in {(mistake.code, mistake.line) for mistake in mistakes_in(text)}


@pytest.mark.parametrize(("old", "new", "code", "on_line"), WRONG_VALUES)
def test_every_mistake_says_in_italian_what_to_do(old: str, new: str, code: str, on_line: str) -> None:
    del code, on_line
    for mistake in mistakes_in(changed(old, new)):
        assert "%(" not in mistake.sentence
        assert mistake.sentence.endswith(".")
        assert str(mistake).startswith(f"riga {mistake.line}")


def test_a_mistake_names_its_product() -> None:
    text = changed('net = "50.00"', "net = 50")
    assert [mistake.product for mistake in mistakes_in(text)] == ["CREDIT-50"]


def test_a_product_without_a_sku_is_named_by_its_place() -> None:
    text = changed('sku = "CREDIT-50"\n', "")
    assert [(mistake.product, mistake.code) for mistake in mistakes_in(text)] == [("n. 2", "missing")]


def test_a_repeated_sku_says_where_it_was_first_used() -> None:
    text = changed('sku = "CREDIT-50"', 'sku = "LITE-1"')
    (mistake,) = mistakes_in(text)
    assert f"riga {line_of(text, 'LITE-1')}" in mistake.sentence


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = changed(
        'net = "49.00"', "net = 49", changed("units = 5000", "units = 0", changed('en = "Accounting"\n', ""))
    )
    lines = [mistake.line for mistake in mistakes_in(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_missing_section_is_told_once_and_not_by_every_product() -> None:
    text = SMALL.replace('[[coupon_type]]\ncode = "LITE"\nit = "LITE"\nen = "LITE"\n', "")
    assert [mistake.code for mistake in mistakes_in(text)] == ["unknown_coupon_type"]


def test_the_catalogue_carries_products_that_are_not_sold_yet() -> None:
    catalogue = catalogue_of(SMALL + BASE_AND_MODULE)
    assert [product["sku"] for product in catalogue.products] == ["LITE-1", "CREDIT-50", "BASE", "MODULE"]


def test_a_comment_or_a_blank_line_does_not_make_another_catalogue() -> None:
    again = catalogue_of("# Un commento.\n\n" + SMALL.replace(" = ", "="))
    assert again.sha256 == catalogue_of(SMALL).sha256


def test_another_price_makes_another_catalogue() -> None:
    assert catalogue_of(changed("49.00", "49.01")).sha256 != catalogue_of(SMALL).sha256


def test_a_price_without_its_last_zero_is_the_same_price() -> None:
    assert catalogue_of(changed('"49.00"', '"49"')).sha256 == catalogue_of(SMALL).sha256


def test_the_demo_catalogue_has_no_mistakes() -> None:
    assert mistakes_in(DEMO.read_text(encoding="utf-8")) == ()


def test_the_demo_catalogue_says_that_its_prices_are_examples() -> None:
    text = DEMO.read_text(encoding="utf-8")
    assert "EVERY PRICE IN THIS FILE IS AN EXAMPLE" in text
    assert "esempi" in catalogue_of(text).document["note"]
