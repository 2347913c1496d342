"""What a database of before gets: the ends of its plans become due, and no change waits for nobody."""

import pytest
from sqlalchemy import Engine, text

from foundation.migrate import downgrade, upgrade
from tests.foundation.test_migrations import empty_url, migrating, owner

__all__ = ["empty_url", "migrating", "owner"]

A_PLAN_AND_A_CHANGE = """
SET LOCAL session_replication_role = replica;
INSERT INTO companies (id, tax_code, state, profile, requested_by_party_id, requested_on, requested_at, support_code,
                       locale, version, remote_id, ready_at)
VALUES (:company, '1', 'READY', '{}', :company, '2026-01-01', '2026-01-01', 'K7-4K3P', 'it', 1, 'KC-1', '2026-01-01');
INSERT INTO licences (id, party_id, family, product, plan, access_mode, limits, kind, sku, names, gives, quantity,
                      state, cause_kind, cause_id, created_at)
VALUES (:company, :company, 'KC', 'LITE', 'LITE', 'FULL', '{}', 'plan', 'LITE', '{}', '{}', 1, 'ACTIVE', 'c', :company,
        '2026-01-01');
INSERT INTO licence_terms (id, licence_id, starts_on, ends_on, anchor_on, action, net_cents, unit_net_cents, vat_code,
                           price_book_version, cause_kind, cause_id, recorded_at)
VALUES (:company, :company, '2026-01-01', '2027-01-01', '2026-01-01', 'START', 1, 1, '', 1, 'c', :company,
        '2026-01-01');
INSERT INTO provisioning_changes (id, company_id, state, attempts, announced_at)
VALUES (:company, :company, 'PENDING', 0, '2026-01-01')
"""
COMPANY = "01a00000-0000-7000-8000-000000000001"


@pytest.mark.usefixtures("migrating")
def test_plans_of_before_end_on_their_day_and_lost_changes_have_a_job_again(owner: Engine) -> None:
    upgrade()
    downgrade("0016")
    downgrade("-1")
    with owner.begin() as connection:
        for statement in A_PLAN_AND_A_CHANGE.replace(":company", f"'{COMPANY}'").split(";"):
            connection.execute(text(statement))
    upgrade()
    with owner.begin() as connection:
        (due,) = connection.execute(
            text("SELECT rule, subject_id::text, due_at AT TIME ZONE 'UTC' FROM due_rows")
        ).all()
        jobs = connection.execute(text("SELECT task_name, lock, args ->> 'company_id' FROM procrastinate_jobs")).all()
    assert (due[0], due[1], str(due[2])) == ("services.turn", COMPANY, "2026-12-31 23:00:00")
    assert jobs == [("provisioning.tell", f"changes-{COMPANY}", COMPANY)]
