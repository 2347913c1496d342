"""The audit of storage: a report is of its day and was not made before it, and nobody was alarmed for nothing."""

from foundation.audit import sql_checks

sql_checks(
    [
        (
            "a report of storage is of the day on which it was measured, and came afterwards",
            "SELECT count(*) FROM storage_reports",
            """
            SELECT 'report ' || r.id || ' of ' || r.measured_on || ' was measured at ' || r.measured_at
                   || ' and recorded at ' || r.recorded_at
            FROM storage_reports r
            WHERE r.measured_on <> (r.measured_at AT TIME ZONE 'Europe/Rome')::date
               OR r.measured_at > r.recorded_at + interval '5 minutes'
            """,
        ),
        (
            "whoever was told that storage fills up had more than 70% of it in use",
            "SELECT count(*) FROM mails WHERE template = 'storage_filling'",
            """
            SELECT 'mail ' || m.id || ' about ' || (m.context->>'percent') || '% of storage in use'
            FROM mails m
            WHERE m.template = 'storage_filling' AND (
                (m.context->>'percent')::bigint < 70 OR NOT EXISTS (
                    SELECT 1 FROM storage_reports r
                    WHERE m.cause = 'storage_filling:' || r.company_id || ':' || r.measured_on))
            """,
        ),
    ]
)
