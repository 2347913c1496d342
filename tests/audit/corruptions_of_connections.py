"""What somebody could do to links, proposals, payers and referrals, each with the check that must name it."""

from tests.audit.corruption import Corruption, copy_of, deed

LINKED = "a studio and a company have one live link at most, and none across a block"
JOINS = "a link joins a studio and a company and has the cause it names"
AGREED = "every accepted handover and move changed what it says, once"
REFERRED = "a credited referral gave both sides their credits once, and nothing else did"
SOMEBODY_ELSE = "a referral was credited to somebody else than who referred"
TOKENS = "a connected account has its tokens and a revoked one nothing"
SIGNED = "a contract was signed by its own party or by a studio that worked on it"
ONE_TEXT = "a text of one version is one text"
PAYS = "a payer changes only by a cause that is there"

CONNECTIONS: tuple[Corruption, ...] = (
    deed(
        "a link doubled",
        LINKED,
        "DROP INDEX uq_studio_links_live",
        copy_of("studio_links", "unlinked_at IS NULL"),
    ),
    deed(
        "a link made across a block",
        LINKED,
        copy_of(
            "studio_links", "blocked_at IS NOT NULL AND unblocked_at IS NULL", unlinked_at="NULL", blocked_at="NULL"
        ),
    ),
    deed(
        "a link between two studios",
        JOINS,
        "UPDATE studio_links SET company_id = studio_id"
        " WHERE id = (SELECT id FROM studio_links WHERE unlinked_at IS NULL ORDER BY id LIMIT 1)",
    ),
    deed("a request that was never made", JOINS, "DELETE FROM link_requests WHERE state = 'ACCEPTED'"),
    deed(
        "a request called declined",
        JOINS,
        "UPDATE link_requests SET state = 'DECLINED' WHERE state = 'ACCEPTED'",
    ),
    deed("a move called declined", JOINS, "UPDATE studio_moves SET state = 'DECLINED' WHERE state = 'ACCEPTED'"),
    deed(
        "a move without a consent",
        AGREED,
        "UPDATE studio_moves SET to_agreed_at = NULL WHERE state = 'ACCEPTED'",
    ),
    deed(
        "a handover called accepted",
        AGREED,
        copy_of("payer_handovers", "state = 'ACCEPTED'"),
    ),
    deed(
        "a handover that changed nothing",
        AGREED,
        "DELETE FROM payer_periods WHERE cause_kind = 'payer_handover'",
    ),
    deed("a payer without a cause", PAYS, "DELETE FROM payer_handovers"),
    deed(
        "a payer of another kind",
        PAYS,
        "UPDATE payer_periods SET payer = 'COMPANY' WHERE cause_kind = 'studio_move'",
    ),
    deed(
        "a refused referral credited",
        REFERRED,
        "UPDATE referrals SET state = 'CREDITED', refusal = NULL WHERE state = 'REFUSED'",
    ),
    deed("a credited referral forgotten", REFERRED, "DELETE FROM referrals WHERE state = 'CREDITED'"),
    deed(
        "a bonus given twice as large",
        REFERRED,
        "UPDATE wallet_buckets SET granted = 20 WHERE cause_kind = 'referral_given'",
    ),
    deed(
        "a revoked account with its tokens",
        TOKENS,
        "ALTER TABLE invoicing_accounts DROP CONSTRAINT ck_invoicing_accounts_tokens_gone",
        "UPDATE invoicing_accounts SET state = 'REVOKED' WHERE state = 'CONNECTED'",
    ),
    deed("a connected account without tokens", TOKENS, "UPDATE invoicing_accounts SET sealed_access = NULL"),
    deed(
        "a contract signed by a stranger",
        SIGNED,
        "UPDATE contract_signatures SET signed_by_party_id = (SELECT id FROM parties WHERE name = 'Studio Milano')"
        " WHERE signed_by_party_id = party_id",
    ),
    deed(
        "a contract signed before the studio was linked",
        SIGNED,
        "UPDATE contract_signatures SET signed_at = signed_at - interval '1 year' WHERE signed_by_party_id <> party_id",
    ),
    deed("a fingerprint wiped out", SIGNED, "UPDATE contract_signatures SET text_sha256 = ''"),
    deed(
        "another text put under a signature",
        ONE_TEXT,
        "UPDATE contract_signatures SET text_sha256 = repeat('a', 64) WHERE signed_by_party_id = party_id",
    ),
    deed(
        "a referral of one's own",
        SOMEBODY_ELSE,
        "UPDATE parties SET tax_code = '10538570960' WHERE id IN (SELECT referred_party_id FROM referrals"
        " WHERE state = 'CREDITED')",
    ),
)
