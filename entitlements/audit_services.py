"""The audit of services: terms follow each other, modules stay with their base, nobody sits unpaid."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "the terms of a service follow each other without a gap and never shrink",
            "SELECT count(*) FROM licence_terms",
            """
            SELECT 'term ' || t.id || ' of licence ' || t.licence_id || ' starts on ' || t.starts_on
                   || ', the one before ended on ' || t.ended_on
            FROM (SELECT id, licence_id, starts_on, lag(ends_on) OVER w AS ended_on, action,
                         row_number() OVER w AS place, recorded_at, lag(recorded_at) OVER w AS recorded_before
                  FROM licence_terms WINDOW w AS (PARTITION BY licence_id ORDER BY starts_on)) t
            JOIN licences l ON l.id = t.licence_id AND l.kind <> 'plan'
            WHERE t.starts_on <> t.ended_on OR t.recorded_at < t.recorded_before
               OR (t.action = 'START') <> (t.place = 1)
            """,
        ),
        (
            "every term of a service was granted once for its cause",
            "SELECT count(*) FROM licence_terms",
            """
            SELECT 'term ' || t.id || ' has no grant' FROM licence_terms t
            JOIN licences l ON l.id = t.licence_id AND l.kind <> 'plan'
            WHERE (SELECT count(*) FROM grants g
                   WHERE g.cause_kind = t.cause_kind AND g.cause_id = t.cause_id AND g.kind = 'licence') <> 1
            """,
        ),
        (
            "a module ends with its base unless it keeps its own term",
            "SELECT count(*) FROM licences WHERE kind NOT IN ('plan', 'base_service')",
            """
            SELECT 'licence ' || l.id || ' outlasts its base' FROM licences l
            WHERE l.kind NOT IN ('plan', 'base_service') AND l.gives ->> 'off_policy' IS DISTINCT FROM 'KEEP_OWN_TERM'
              AND (SELECT max(t.ends_on) FROM licence_terms t WHERE t.licence_id = l.id)
                > coalesce((SELECT max(t.ends_on) FROM licence_terms t
                            JOIN licences b ON b.id = t.licence_id AND b.kind = 'base_service'
                            WHERE b.party_id = l.party_id), '-infinity')
            """,
        ),
        (
            "one base service is open per tax code, that of its company",
            "SELECT count(*) FROM licences WHERE kind = 'base_service'",
            """
            SELECT 'tax code ' || l.tax_code || ' has ' || count(*) || ' open base services' FROM licences l
            WHERE l.kind = 'base_service' AND l.closed_at IS NULL GROUP BY l.tax_code HAVING count(*) > 1
            UNION ALL
            SELECT 'base service ' || l.id || ' has another tax code than its company' FROM licences l
            JOIN companies c ON c.id = l.party_id WHERE l.kind = 'base_service' AND l.tax_code <> c.tax_code
            """,
        ),
        (
            "no service is open for a company that the vendor refused",
            "SELECT count(*) FROM companies WHERE state = 'REJECTED'",
            """
            SELECT 'licence ' || l.id || ' is open though company ' || c.id || ' was refused' FROM licences l
            JOIN companies c ON c.id = l.party_id AND c.state = 'REJECTED'
            WHERE l.kind <> 'plan' AND l.closed_at IS NULL
            """,
        ),
        (
            "a lot has as many seats as were bought, each with one person at most",
            "SELECT count(*) FROM seats",
            """
            SELECT 'lot ' || l.id || ' of ' || l.quantity || ' has ' || count(s.id) || ' seats' FROM licences l
            LEFT JOIN seats s ON s.licence_id = l.id AND s.company_id = l.party_id
            WHERE l.kind = 'seats' GROUP BY l.id HAVING count(s.id) <> l.quantity
              OR count(DISTINCT s.ordinal) <> l.quantity
            UNION ALL
            SELECT 'seat ' || s.id || ' works though its lot is over' FROM seats s
            JOIN licences l ON l.id = s.licence_id
            WHERE l.state IN ('EXPIRED', 'CLOSED') AND s.state IN ('INVITED', 'CONFIGURED')
            """,
        ),
        (
            "every step that was ticked is one of its service",
            "SELECT count(*) FROM setup_ticks",
            """
            SELECT 'tick ' || t.id || ' of ' || t.code || ' is no step of its service' FROM setup_ticks t
            JOIN licences l ON l.id = t.licence_id
            WHERE NOT EXISTS (SELECT 1 FROM jsonb_array_elements(coalesce(l.gives -> 'setup', '[]'::jsonb)) one
                              WHERE one ->> 'code' = t.code)
            """,
        ),
        (
            "a change the vendor has not heard has a job",
            "SELECT count(*) FROM provisioning_changes",
            """
            SELECT 'change ' || c.id || ' of company ' || c.company_id || ' waits for nobody'
            FROM provisioning_changes c JOIN companies o ON o.id = c.company_id AND o.state = 'READY'
            WHERE c.state = 'PENDING' AND NOT EXISTS (
              SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'provisioning.tell'
                AND j.args ->> 'company_id' = c.company_id::text AND j.status IN ('todo', 'doing', 'failed'))
            """,
        ),
        (
            "what the vendor was told of a change is kept",
            "SELECT count(*) FROM provisioning_changes",
            """
            SELECT 'change ' || c.id || ' is ' || c.state || ' without its letter or its instant'
            FROM provisioning_changes c
            WHERE (c.state IN ('DONE', 'REFUSED') AND (c.body IS NULL OR c.settled_at IS NULL OR c.attempts = 0))
               OR (c.state = 'SUPERSEDED' AND NOT EXISTS (
                     SELECT 1 FROM provisioning_changes n WHERE n.company_id = c.company_id AND n.id > c.id))
               OR (c.body IS NOT NULL AND c.body ->> 'id' <> c.company_id::text)
            """,
        ),
    ]
)
