# `make run` shows the demo, `make test` runs everything that CI runs. Both install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run release test test-postgresql test-sqlite test-browser test-without-database lint lock messages benchmark benchmark-browser clean

run: $(VENV)/production
	$(BIN)/python manage.py demo

test: $(VENV)/development
	scripts/system-packages
	$(MAKE) --no-print-directory $(PROVIDER)
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory -j2 --keep-going --output-sync test-postgresql test-sqlite test-browser test-without-database

# Each test is in one of these, and those that touch the database in two. Side by side: two cores take the next of the
# four as soon as they are free.
test-postgresql: $(VENV)/development
	scripts/with-postgres --volatile $(BIN)/python -m pytest -m database

test-sqlite: $(VENV)/development
	$(BIN)/python -m pytest -m "(database or any_database) and not browser"

test-browser: $(VENV)/development
	$(BIN)/python -m pytest -m browser

test-without-database: $(VENV)/development
	$(BIN)/python -m pytest -m "not (database or any_database or browser)"

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	$(BIN)/lint-imports --no-logo
	$(BIN)/hadolint Dockerfile
	$(BIN)/python manage.py makemigrations --check --dry-run
	scripts/check-deploy $(BIN)/python

benchmark: $(VENV)/development
	$(BIN)/python -m tests.benchmarks

# What a list costs in a browser, and Lighthouse's scores.
LIGHTHOUSE := tests/benchmarks/lighthouse
benchmark-browser: $(VENV)/development $(LIGHTHOUSE)/node_modules/.package-lock.json
	$(BIN)/python -m tests.benchmarks.browser

$(LIGHTHOUSE)/node_modules/.package-lock.json: $(LIGHTHOUSE)/package-lock.json
	npm ci --prefix $(LIGHTHOUSE) --ignore-scripts --no-audit --no-fund --silent
	touch $@

# The image, and beside it what it is made of: each package with its version and hashes, as CycloneDX.
VERSION = $(shell $(BIN)/python -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])')
release: build/bom.json
	docker build --tag smartcar-connections-dashboard:$(VERSION) .

build/bom.json: requirements/production.txt pyproject.toml $(VENV)/development
	mkdir -p build
	$(BIN)/python -W ignore -m cyclonedx_py requirements $< --pyproject pyproject.toml --output-reproducible --output-file $@

# New versions within pyproject's ranges. The locks carry hashes and no address of any registry.
LOCK := $(BIN)/uv pip compile pyproject.toml --extra postgres --universal --python-version 3.11 \
	--generate-hashes --no-header --quiet
lock: $(VENV)/development
	$(LOCK) --upgrade --output-file requirements/production.txt
	$(LOCK) --upgrade --group dev --constraints requirements/production.txt --output-file requirements/development.txt

# The words of the pages into the catalogues, and these as Django reads them; both are committed. See docs/translation.md.
messages: $(VENV)/development
	scripts/system-packages
	$(BIN)/python manage.py makemessages --all --no-location --no-obsolete --ignore .venv --ignore staticfiles --ignore 'tests/*'
	$(BIN)/python manage.py compilemessages --ignore .venv

clean:
	rm -rf $(VENV) tests/oidc/node_modules $(LIGHTHOUSE)/node_modules staticfiles .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# The OpenID provider that the tests sign in at.
PROVIDER := tests/oidc/node_modules/.package-lock.json
$(PROVIDER): tests/oidc/package-lock.json
	npm ci --prefix tests/oidc --ignore-scripts --no-audit --no-fund --silent
	touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/production: requirements/production.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/production.txt
	touch $@

$(VENV)/development: requirements/development.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/development.txt
	touch $@ $(VENV)/production
