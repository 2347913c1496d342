from entitlements.company_data import BillingData, check_billing, check_studio, studio_pointer

Draft = dict[str, str]


def test_a_studio_with_a_pec_is_reached_with_zeros(studio: Draft) -> None:
    check = check_studio(studio)
    assert (check.errors, check.warnings) == ((), ())
    assert check.data is not None
    assert (check.data.sdi_code, check.data.phone, check.data.country) == ("0000000", "0115551234", "IT")


def test_a_studio_needs_pec_or_recipient_code(studio: Draft) -> None:
    check = check_studio(studio | {"pec": ""})
    assert [(problem.field, problem.code) for problem in check.errors] == [("sdi_code", "sdi_code_or_pec_missing")]
    assert check.data is None
    assert check_studio(studio | {"pec": "", "sdi_code": "m5uxcr1"}).errors == ()


def test_an_empty_registration_asks_for_each_required_field_once() -> None:
    asked = [problem.field for problem in check_studio({}).errors]
    assert sorted(asked) == [
        "city",
        "email",
        "name",
        "postal_code",
        "province",
        "sdi_code",
        "street",
        "tax_code",
        "vat_number",
    ]


def test_a_body_without_vat_number_can_be_billed(studio: Draft) -> None:
    body = studio | {"vat_number": "", "tax_code": "97103880585"}
    assert check_billing(body).errors == ()
    assert [problem.code for problem in check_billing(studio | {"vat_number": ""}).errors] == ["vat_number_missing"]


def test_billing_data_carry_the_reference_of_the_buyer_s_order(studio: Draft) -> None:
    check = check_billing(studio | {"purchase_order_ref": " PO 17 "})
    assert isinstance(check.data, BillingData)
    assert check.data.purchase_order_ref == "PO 17"
    assert check.draft["purchase_order_ref"] == "PO 17"
    refused = check_billing(studio | {"purchase_order_ref": "x" * 21})
    assert [problem.field for problem in refused.errors] == ["purchase_order_ref"]
    assert refused.draft["purchase_order_ref"] == "x" * 21


def test_each_field_of_the_studio_has_its_pointer() -> None:
    assert studio_pointer("postal_code") == "/billing/postal_code"
    assert studio_pointer("pec", "/studio") == "/studio/pec"
