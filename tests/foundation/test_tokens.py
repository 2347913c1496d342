import hashlib

from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import new_id
from foundation.tokens import keyed_hash, link_subject, link_token, link_token_is_valid, new_token, token_hash

KEY = "a-secret-key-for-the-tests-of-tokens"
ANYTHING = st.text(st.characters(codec=None), max_size=200)


def test_a_token_holds_more_than_128_random_bits_and_is_never_repeated() -> None:
    made = {new_token() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(len(token) >= 43 for token in made)


def test_only_a_hash_of_a_token_is_stored() -> None:
    token = new_token("gt_")
    assert token.startswith("gt_")
    assert token not in token_hash(token)
    assert token_hash(token) == hashlib.sha256(token.encode()).hexdigest()


def test_a_link_token_can_be_shown_again_and_says_whose_it_is() -> None:
    subject = new_id()
    token = link_token(KEY, "invitation", subject, 1)
    assert token == link_token(KEY, "invitation", subject, 1)
    assert link_subject(token) == subject
    assert link_token_is_valid(KEY, "invitation", token, subject, 1)


def test_a_link_token_dies_with_its_version() -> None:
    subject = new_id()
    token = link_token(KEY, "invitation", subject, 1)
    assert not link_token_is_valid(KEY, "invitation", token, subject, 2)


def test_a_link_token_opens_nothing_else() -> None:
    subject, other = new_id(), new_id()
    token = link_token(KEY, "invitation", subject, 1)
    assert not link_token_is_valid(KEY, "password", token, subject, 1)
    assert not link_token_is_valid(KEY, "invitation", token, other, 1)
    assert not link_token_is_valid("another-key", "invitation", token, subject, 1)


def test_kind_and_version_cannot_be_shifted_into_each_other() -> None:
    subject = new_id()
    assert link_token(KEY, "a", subject, 11) != link_token(KEY, "a:1", subject, 1)


@given(st.integers(0, 60), st.characters(codec="ascii"))
def test_no_changed_character_is_believed(position: int, letter: str) -> None:
    subject = new_id()
    token = link_token(KEY, "invitation", subject, 1)
    place = position % len(token)
    forged = token[:place] + letter + token[place + 1 :]
    assert link_token_is_valid(KEY, "invitation", forged, subject, 1) is (forged == token)


@given(ANYTHING)
def test_malformed_tokens_are_refused_without_an_error(text: str) -> None:
    found = link_subject(text)
    assert found is None or len(found.bytes) == 16
    assert not link_token_is_valid(KEY, "invitation", text, new_id(), 1)
    assert len(token_hash(text)) == 64


def test_a_keyed_hash_recognises_a_value_only_under_its_key_and_purpose() -> None:
    iban = "IT60X0542811101000000123456"
    assert keyed_hash(KEY, "payer", iban) == keyed_hash(KEY, "payer", iban)
    assert keyed_hash(KEY, "payer", iban) != keyed_hash(KEY, "throttle", iban)
    assert keyed_hash(KEY, "payer", iban) != keyed_hash("another-key", "payer", iban)
    assert iban not in keyed_hash(KEY, "payer", iban)
