"""The audit of contracts: whoever signed was allowed to, and what was signed can be told."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "a contract was signed by its own party or by a studio that worked on it",
            "SELECT count(*) FROM contract_signatures",
            """
            SELECT 'contract of party ' || s.party_id || ' signed by ' || s.signed_by_party_id
            FROM contract_signatures s JOIN parties p ON p.id = s.party_id
            WHERE p.kind NOT IN ('STUDIO', 'COMPANY') OR s.text_sha256 !~ '^[0-9a-f]{64}$' OR s.text_version = ''
               OR (s.signed_by_party_id <> s.party_id AND NOT EXISTS (
                     SELECT 1 FROM studio_links l
                     WHERE l.studio_id = s.signed_by_party_id AND l.company_id = s.party_id
                       AND l.linked_at <= s.signed_at AND coalesce(l.unlinked_at, s.signed_at) >= s.signed_at))
            """,
        ),
        (
            "a text of one version is one text",
            "SELECT count(*) FROM contract_signatures",
            """
            SELECT 'version ' || text_version || ' of contract ' || contract || ' was signed as '
                   || count(DISTINCT text_sha256) || ' texts'
            FROM contract_signatures GROUP BY contract, text_version HAVING count(DISTINCT text_sha256) > 1
            """,
        ),
    ]
)
