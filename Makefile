# Gettone: `make run` starts everything on this machine; `make help` lists the rest.
.PHONY: help run test check fast lint lock bench torture screenshots translations clean production development

# Keep compiled files even where the environment forbids it: a restarted program must not compile a thousand files.
unexport PYTHONDONTWRITEBYTECODE

BIN = .venv/bin
# A part of the suite: make test T=tests/pricing
T =
WORKERS = logical
XDIST = --numprocesses=$(WORKERS) --maxprocesses=8 --dist=loadscope
PYTEST = $(BIN)/python -m pytest $(XDIST)

help:
	@echo 'make run          everything on 127.0.0.1:8000, with demo data; Ctrl-C stops it and keeps the data'
	@echo 'make test [T=…]   the whole suite, or one path of it'
	@echo 'make check        what the CI runs: the browser, lint, the suite with skips forbidden, coverage'
	@echo 'make fast         the pure rules only, in seconds'
	@echo 'make lint         ruff, mypy, the import contracts, djlint'
	@echo 'make lock         renew the pinned requirements (needs uv)'
	@echo 'make bench        measurements, as a table'
	@echo 'make torture      crashes, races, sequences and outages at full size (up to an hour)'
	@echo 'make screenshots  pictures of the pages'
	@echo 'make translations collect the texts anew, and list those without English'
	@echo 'make clean        remove .venv and caches; the data in .local stay'

production:
	@requirements/install.sh production

development: production
	@requirements/install.sh development

run: production
	@exec $(BIN)/python -m foundation.serve

test: development
	@$(PYTEST) $(T)

fast: development
	@$(BIN)/python -m pytest -q -p no:randomly tests/pricing tests/house \
	    $$(find tests -name 'test_state_tables*.py' -o -name 'test_*states.py')

lint: development
	@status=0; \
	echo '==> ruff check';   $(BIN)/ruff check --quiet . || status=1; \
	echo '==> ruff format';  $(BIN)/ruff format --quiet --check . || status=1; \
	echo '==> mypy';         $(BIN)/mypy --no-error-summary || status=1; \
	echo '==> lint-imports'; PYTHONPATH=. $(BIN)/lint-imports --no-logo >.lint-imports.log 2>&1 || { cat .lint-imports.log; status=1; }; \
	rm -f .lint-imports.log; \
	echo '==> djlint';       $(BIN)/djlint --quiet --allow-empty-input --lint templates || status=1; \
	exit $$status

# Every stage runs even when an earlier one failed, so that one run shows everything there is to repair.
# The browser is fetched while the packages are.
check:
	@status=0; skips=; \
	requirements/browser.sh & browser=$$!; \
	$(MAKE) --no-print-directory development || exit 1; \
	wait $$browser || skips=-but-browser; \
	if [ -d ../shared/data ]; then skips=--forbid-skips=all$$skips; else skips=; fi; \
	$(MAKE) --no-print-directory lint || status=1; \
	$(BIN)/coverage erase; \
	$(BIN)/coverage run -m pytest $(XDIST) $$skips || { \
	    echo '==> what failed beside others is tried once more, alone: a real failure fails again'; \
	    $(BIN)/coverage run -m pytest --last-failed --last-failed-no-failures=none -p no:randomly $$skips || status=1; }; \
	$(BIN)/coverage combine --quiet; \
	echo '==> coverage of everything: at least 90 %'; \
	$(BIN)/coverage report --fail-under=90 || status=1; \
	echo '==> coverage of prices and state tables: 100 %'; \
	$(BIN)/coverage report --fail-under=100 --include='pricing/*,*/state_tables*.py,*/*states.py' || status=1; \
	exit $$status

lock:
	@command -v uv >/dev/null || { echo 'make lock needs uv (pip install uv)' >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    requirements/production.in -o requirements/production.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --constraint requirements/production.txt requirements/development.in -o requirements/development.txt

# make bench QUICK=1 ONLY='till letters' WRITE=docs/performance.md
bench: production
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write $(WRITE))

# make torture SEED=7 SIZE=200 MINUTES=30 ONLY='R01 R10' WRITE=docs/reliability.md
torture: development
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) $(if $(SIZE),--size $(SIZE)) \
	    $(if $(MINUTES),--minutes $(MINUTES)) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write $(WRITE))

screenshots: development
	@requirements/browser.sh
	@$(BIN)/python -m tests.browser.screenshots

# The texts that pages, mails and answers say in Italian; their English is written in translations/en by hand.
TEXTS = app.py entitlements foundation shop templates webhooks

translations: production
	@trap 'rm -f .messages.pot' EXIT; \
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --no-wrap --sort-by-file \
	    --add-location file --output .messages.pot $(TEXTS) && \
	$(BIN)/pybabel --quiet update --input-file .messages.pot --output-dir translations --locale en --no-wrap \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel compile --statistics --input-file translations/en/LC_MESSAGES/messages.po --output-file /dev/null

clean:
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m foundation.serve --stop-database || true; fi
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
