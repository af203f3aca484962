# Everything runs in .venv, which the first target that needs it makes. It needs Python 3.11 to 3.13 and make.

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := python3.13 python3.12 python3.11 python3

# Named by content: the same lock is never installed twice, and another one always is.
PACKAGES := $(VENV)/.packages-$(word 1,$(shell cksum requirements.lock))
KIT := $(VENV)/.kit-$(word 1,$(shell cat requirements.lock pyproject.toml | cksum))

DATA := data/sample
OUT := reports
SITE := site
SEED := 2026
DIR := sample-$(SEED)
ifdef MONTH
WHEN := -p period=$(MONTH)
endif

.DEFAULT_GOAL := help
.PHONY: help setup report test check lab sample docs reference pictures simulate fuzz lock clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(KIT) ## Make .venv and install everything into it

report: $(KIT) ## Build the report: DATA=data/sample OUT=reports MONTH=2026-10
	$(BIN)/kit report $(DATA) --out $(OUT) $(WHEN)

test: check ## Run everything that CI runs
	@set -e; KIT_CACHE=$$(mktemp -d); export KIT_CACHE; trap 'rm -rf "$$KIT_CACHE"' EXIT; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval-lax notebooks; \
	$(BIN)/python -m pytest -n 2 --dist worksteal -m 'not slow'

check: $(KIT) ## Lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

lab: $(KIT) ## Open JupyterLab on the notebooks
	$(BIN)/kit lab

sample: $(KIT) ## Write another made-up business: SEED=7 DIR=exports (FORCE=1 into any folder)
	PYTHONPATH=data $(BIN)/python -m generator $(DIR) --seed $(SEED) $(if $(FORCE),--force)

docs: reference ## Write the reference pages anew, and build the site of them and the sample's report: SITE=site
	@set -e; made=$$(mktemp -d); trap 'rm -rf "$$made"' EXIT; \
	$(BIN)/kit report data/sample --out "$$made/report"; $(BIN)/python docs/build_site.py "$$made/report" $(SITE); \
	echo $(SITE)/index.html

reference: $(KIT) ## Only the reference pages, their picture and the catalogue of messages
	$(BIN)/python docs/pictures.py
	$(BIN)/cog -r -I docs README.md README.ru.md docs/*.md
	$(BIN)/pybabel -q extract --omit-header --no-wrap --add-location=file --sort-by-file --no-default-keywords \
		-k _ -k _n:1,2 -k message -k message_n:1,2 -F babel.cfg -o kit/locale/kit.pot .
	$(BIN)/pybabel -q update -D kit -i kit/locale/kit.pot -d kit/locale --no-wrap --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date
	@# Babel would take “95 % interval” for a place %i; tests/test_translations.py checks the places that there are.
	$(BIN)/python -c 'from babel.messages import checkers, frontend; checkers.checkers.clear(); frontend.main()' \
		-q compile -D kit -d kit/locale

pictures: $(KIT) ## Take the README's pictures of the sample's report anew; needs Chromium
	@set -e; made=$$(mktemp -d); trap 'rm -rf "$$made"' EXIT; \
	for lang in en ru; do $(BIN)/kit report data/sample --out "$$made/$$lang" --lang $$lang; done; \
	$(BIN)/python docs/first_page.py "$$made/en" docs/first_page.png; \
	$(BIN)/python docs/first_page.py "$$made/ru" docs/first_page.ru.png

simulate: $(KIT) ## Run the simulations in full and write docs/simulations.md
	KIT_SIMULATE=1 $(BIN)/python -m pytest -n 2 tests/simulation

fuzz: $(KIT) ## Read 10,000 damaged and 10,000 re-saved files; look for other examples of property tests
	KIT_FUZZ=10000 $(BIN)/python -m pytest -n 2 tests/test_fuzz.py tests/test_mutations.py
	KIT_FUZZ=10000 $(BIN)/python -m pytest -n 2 -m hypothesis tests
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; then \
		PYTHONPATH=. $(BIN)/python tests/fuzz_readers.py "$$(mktemp -d)" -max_total_time=900; \
	else echo 'No coverage-guided run: pip install atheris'; fi

lock: ## Compile requirements.lock from pyproject.toml again
	@set -e; uv=$$(mktemp -d); trap 'rm -rf "$$uv"' EXIT; \
	$(call python); "$$python" -m venv "$$uv"; "$$uv/bin/pip" install -qq uv; \
	"$$uv/bin/uv" pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock

clean: ## Remove what make has made
	rm -rf $(VENV) $(OUT) $(SITE) .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Sets $python to the newest Python that fits, or says what is missing.
define python
python=; for one in $(PYTHONS); do \
	if "$$one" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	then python=$$one; break; fi; \
done; \
if [ -z "$$python" ]; then \
	echo 'No Python from 3.11 to 3.13 with venv was found. On Debian: apt-get install python3 python3-venv' >&2; \
	exit 1; \
fi
endef

# Installs in a quarter of pip's time; where it cannot be had or does not reach the packages, pip installs them.
UV := uv==0.13.9

# Byte code is compiled once, by all cores, in place of pip's one.
$(PACKAGES):
	@set -e; $(call python); \
	echo "1/3 $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV); \
	echo "2/3 $$(grep -c '^[a-z].*==' requirements.lock) packages of requirements.lock, a minute or two"; \
	{ $(BIN)/python -m pip install -qq --disable-pip-version-check $(UV) && \
	  UV_HTTP_TIMEOUT=20 $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; } 2>/dev/null \
	|| $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-compile -r requirements.lock; \
	PYTHONWARNINGS=ignore::SyntaxWarning $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib
	@touch $@

$(KIT): $(PACKAGES)
	@echo '3/3 the kit itself, as it lies here'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.kit-*; touch $@
