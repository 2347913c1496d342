"""What somebody could do to services: terms, seats, steps, agreements; each with the check that must name it."""

from tests.audit.corruption import Corruption, deed

DONE = "(SELECT id FROM company_purchases WHERE state = 'DONE' LIMIT 1)"

SERVICES: tuple[Corruption, ...] = (
    deed(
        "a promise moved to another line",
        "what an order promised of services is what its lines say",
        "UPDATE orders SET services = jsonb_set(services, '{0,new,0,position}', '99')"
        " WHERE jsonb_array_length(services) > 0",
    ),
    deed(
        "a service that was paid and never begun",
        "every service line of a fulfilled order wrote the term it was paid for",
        "DELETE FROM licence_terms WHERE cause_id IN (SELECT id FROM order_lines WHERE term IS NOT NULL)",
    ),
    deed(
        "a service that ends before what was paid",
        "every service line of a fulfilled order wrote the term it was paid for",
        "UPDATE licence_terms SET ends_on = ends_on - 1"
        " WHERE cause_id IN (SELECT id FROM order_lines WHERE term IS NOT NULL)",
    ),
    deed(
        "a choice for somebody who is no company",
        "how services are bought is said of companies only",
        "UPDATE cart_companies SET company_id = (SELECT id FROM parties WHERE kind = 'STUDIO' LIMIT 1)",
    ),
    deed(
        "a discount made larger",
        "what an agreement took off a line is its share of the price",
        "UPDATE orders SET quote = jsonb_set(quote, '{inputs,lines,0,adjustments,0,net_cents}', '-1000')"
        " WHERE quote @? '$.inputs.lines[0].adjustments[0]'",
    ),
    deed(
        "a discount of an agreement that never was",
        "what an agreement took off a line is its share of the price",
        "UPDATE orders SET quote = jsonb_set(quote, '{inputs,lines,0,adjustments,0,code}', '\"NONE\"')"
        " WHERE quote @? '$.inputs.lines[0].adjustments[0]'",
    ),
    deed(
        "a service that got shorter",
        "the terms of a service follow each other without a gap and never shrink",
        "UPDATE licence_terms SET ends_on = ends_on - 1 WHERE action = 'START' AND licence_id IN"
        " (SELECT licence_id FROM licence_terms WHERE action = 'EXTEND')",
    ),
    deed(
        "a term nobody paid",
        "every term of a service was granted once for its cause",
        "DELETE FROM grants WHERE kind = 'licence'",
    ),
    deed(
        "a module that outlasts its base",
        "a module ends with its base unless it keeps its own term",
        "UPDATE licence_terms SET ends_on = ends_on + 400 WHERE licence_id IN"
        " (SELECT id FROM licences WHERE kind = 'addon')",
    ),
    deed(
        "a base service of another tax code",
        "one base service is open per tax code, that of its company",
        "UPDATE licences SET tax_code = '00000000000' WHERE kind = 'base_service'",
    ),
    deed(
        "a service of a company that will never be",
        "no service is open for a company that the vendor refused",
        "UPDATE companies SET state = 'REJECTED' WHERE id IN"
        " (SELECT party_id FROM licences WHERE kind = 'base_service' AND closed_at IS NULL)",
    ),
    deed(
        "a seat too few",
        "a lot has as many seats as were bought, each with one person at most",
        "DELETE FROM seats WHERE state = 'FREE'",
    ),
    deed(
        "a report of storage moved to another day",
        "a report of storage is of the day on which it was measured, and came afterwards",
        "UPDATE storage_reports SET measured_on = measured_on - 1",
    ),
    deed(
        "a report of storage from the future",
        "a report of storage is of the day on which it was measured, and came afterwards",
        "UPDATE storage_reports SET recorded_at = measured_at - interval '1 hour'",
    ),
    deed(
        "an alarm about storage nobody reported",
        "whoever was told that storage fills up had more than 70% of it in use",
        "DELETE FROM storage_reports",
    ),
    deed(
        "an alarm about storage that is empty",
        "whoever was told that storage fills up had more than 70% of it in use",
        "UPDATE mails SET context = context || '{\"percent\": 10}' WHERE template = 'storage_filling'",
    ),
    deed(
        "a step that is none",
        "every step that was ticked is one of its service",
        "UPDATE setup_ticks SET code = 'NONE'",
    ),
    deed(
        "a letter to the vendor that nobody will send",
        "a change the vendor has not heard has a job",
        "DELETE FROM procrastinate_jobs WHERE task_name = 'provisioning.tell'",
        "UPDATE provisioning_changes SET state = 'PENDING', settled_at = NULL WHERE state = 'DONE'",
    ),
    deed(
        "a letter to the vendor lost",
        "what the vendor was told of a change is kept",
        "UPDATE provisioning_changes SET body = NULL WHERE state = 'DONE'",
    ),
    deed(
        "somebody sits without a membership",
        "who sits on a seat is a member of its company, and comes in only while they do",
        "UPDATE memberships SET role = 'owner' WHERE role = 'member'",
    ),
)
