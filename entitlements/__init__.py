"""What a studio or a company holds: coupons, licences, terms, links, and the checked data of a company."""
