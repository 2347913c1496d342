"""The rights office: studios, companies and links; coupons, licences and wallets; activation and provisioning."""

from entitlements.activation import CouponNotAvailable, activate_coupon, company_created, company_refused, support_code
from entitlements.companies import (
    Company,
    CompanyAlreadyExists,
    CompanyNotFound,
    companies_of,
    company_lives,
    company_of,
    place_in_list,
)
from entitlements.company_data import (
    BillingData,
    CompanyData,
    Problem,
    StudioData,
    check_billing,
    check_email,
    check_studio,
    sentence_of,
    studio_pointer,
)
from entitlements.connections.clients import ClientQuery, client_of, clients_of
from entitlements.connections.directory import ProfileText, keep_profile
from entitlements.connections.link_requests import find_waiting_requests
from entitlements.connections.people import owns_access
from entitlements.coupons.issued import IssuedCoupons, issued_for
from entitlements.coupons.shelves import count_by_state, count_drafts, stock_of
from entitlements.coupons.stock import Coupon, CouponNotFound, CouponPack
from entitlements.coupons.voiding import (
    CouponShares,
    coupon_shares,
    coupons_by_state,
    coupons_under_way,
    hold_coupons,
    release_coupons,
    suspend_licences,
    void_coupons,
    void_held_coupons,
)
from entitlements.grants import GRANT_KINDS, UnknownGrant, bucket_end, grant
from entitlements.invoicing import HttpInvoicing, Invoicing, MemoryInvoicing
from entitlements.invoicing.accounts import pickable_companies
from entitlements.ledger import Account, Posting, balance, book
from entitlements.links import Cause, StudioLink, link_studio, payer_at, set_payer
from entitlements.own_companies import names_of_own_companies, own_company_choices
from entitlements.paid_lines import PaidLine
from entitlements.parties import COMPANY, STUDIO, Party, StudioAlreadyRegistered, new_party, party_names
from entitlements.party_details import ADDRESS_FIELDS, keep_details
from entitlements.provisioning.answers import Contradiction, apply_answer
from entitlements.provisioning.provisioner import (
    Accepted,
    HttpProvisioner,
    MemoryProvisioner,
    NoAnswer,
    Provisioner,
    Ready,
    Refused,
)
from entitlements.referrals import (
    CREDITS_EACH,
    credit_referral,
    credits_earned,
    credits_left,
    give_code,
    plain_email,
    referrals_of,
    referrer_of,
    referrer_with,
    use_code,
)
from entitlements.rights import Rights, rights_of
from entitlements.running.licence_grants import BaseServiceAlreadyActive, TermMissing, TermMoved, locked_company
from entitlements.running.what_runs import RunningService, RunningServices, running_services
from entitlements.wallet_recoveries import BucketLeft, buckets_left, give_back_recovered, recover_unused

__all__ = [
    "ADDRESS_FIELDS",
    "COMPANY",
    "CREDITS_EACH",
    "GRANT_KINDS",
    "STUDIO",
    "Accepted",
    "Account",
    "BaseServiceAlreadyActive",
    "BillingData",
    "BucketLeft",
    "Cause",
    "ClientQuery",
    "Company",
    "CompanyAlreadyExists",
    "CompanyData",
    "CompanyNotFound",
    "Contradiction",
    "Coupon",
    "CouponNotAvailable",
    "CouponNotFound",
    "CouponPack",
    "CouponShares",
    "HttpInvoicing",
    "HttpProvisioner",
    "Invoicing",
    "IssuedCoupons",
    "MemoryInvoicing",
    "MemoryProvisioner",
    "NoAnswer",
    "PaidLine",
    "Party",
    "Posting",
    "Problem",
    "ProfileText",
    "Provisioner",
    "Ready",
    "Refused",
    "Rights",
    "RunningService",
    "RunningServices",
    "StudioAlreadyRegistered",
    "StudioData",
    "StudioLink",
    "TermMissing",
    "TermMoved",
    "UnknownGrant",
    "activate_coupon",
    "apply_answer",
    "balance",
    "book",
    "bucket_end",
    "buckets_left",
    "check_billing",
    "check_email",
    "check_studio",
    "client_of",
    "clients_of",
    "companies_of",
    "company_created",
    "company_lives",
    "company_of",
    "company_refused",
    "count_by_state",
    "count_drafts",
    "coupon_shares",
    "coupons_by_state",
    "coupons_under_way",
    "credit_referral",
    "credits_earned",
    "credits_left",
    "find_waiting_requests",
    "give_back_recovered",
    "give_code",
    "grant",
    "hold_coupons",
    "issued_for",
    "keep_details",
    "keep_profile",
    "link_studio",
    "locked_company",
    "names_of_own_companies",
    "new_party",
    "own_company_choices",
    "owns_access",
    "party_names",
    "payer_at",
    "pickable_companies",
    "place_in_list",
    "plain_email",
    "recover_unused",
    "referrals_of",
    "referrer_of",
    "referrer_with",
    "release_coupons",
    "rights_of",
    "running_services",
    "sentence_of",
    "set_payer",
    "stock_of",
    "studio_pointer",
    "support_code",
    "suspend_licences",
    "use_code",
    "void_coupons",
    "void_held_coupons",
]
