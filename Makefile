# The two commands of this repository are `make demo` and `make test`. Either may be the first on a fresh machine:
# each makes what it needs below .cache/, from the locked versions in .ci/requirements/*.txt, and nothing outside.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

export HATCH_CACHE_DIR := $(CURDIR)/.cache/hatch/cache
export HATCH_CONFIG := $(CURDIR)/.cache/hatch/config.toml
export HATCH_DATA_DIR := $(CURDIR)/.cache/hatch/data
export DDEV_CONFIG := $(CURDIR)/.cache/ddev.toml
export MYPY_CACHE_DIR := $(CURDIR)/.cache/mypy
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTEST_ADDOPTS := -o cache_dir=$(CURDIR)/.cache/pytest
# The rooms of this repository, and the packages as if they were installed.
export PYTHONPATH := $(CURDIR):$(CURDIR)/okta_workflows:$(CURDIR)/packages/okta-simulator:$(CURDIR)/packages/agent-standin:$(CURDIR)/packages/datadog-logs-local
export RUFF_CACHE_DIR := $(CURDIR)/.cache/ruff
export UV_CACHE_DIR := $(CURDIR)/.cache/uv

DDEV := PATH="$(CURDIR)/.cache/ddev/bin:$$PATH" ddev
DEMO_PYTHON := $(CURDIR)/.cache/demo/bin/python
PREVIEW_PYTHON := $(CURDIR)/.cache/preview/bin/python

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .cache/demo/wheel.stamp ## Show the check at work against a simulated Okta
	@$(DEMO_PYTHON) -m demo

.PHONY: campaign
campaign: .cache/demo/wheel.stamp ## Play the fault campaigns in full and write docs/campaign.md; with SEED=n only play
	@$(DEMO_PYTHON) -m verification.campaign $(if $(SEED),--seed $(SEED),--write-docs)

.PHONY: preview
preview: .cache/preview/wheel.stamp ## Show the dashboards over a simulated history, as a local web page; PORT=n chooses the port
	@$(PREVIEW_PYTHON) -m preview $(if $(PORT),--port $(PORT))

.PHONY: assets
assets: .cache/import/installed.stamp ## Show what would change in your Datadog org; COMMAND=push imports the assets, COMMAND=remove removes them
	@.cache/import/bin/python -m tools.assets $(COMMAND)

.PHONY: bench
bench: .cache/bench/wheel.stamp ## Measure what the check costs, and others beside it (Node.js, cargo), and write docs/performance.md
	@.cache/bench/bin/python -m verification.bench --peers --write-docs

.PHONY: transcript
transcript: .cache/newest/check.stamp ## Write what the status page and agent.log show in six situations to docs/operating.md
	@.cache/newest/bin/python -m verification.operator.transcript --write-docs >/dev/null

.PHONY: config-check
config-check: .cache/demo/wheel.stamp ## Explain what is wrong with FILE=<conf.yaml>
	@$(DEMO_PYTHON) -m tools.config_check $(abspath $(FILE))

.PHONY: contribution
contribution: .cache/ddev/ready.stamp .cache/demo/wheel.stamp ## Copy the integration to EXTRAS=<checkout of integrations-extras> and validate it there
	@PATH="$(CURDIR)/.cache/ddev/bin:$$PATH" $(DEMO_PYTHON) -m verification.contribution $(abspath $(EXTRAS))

.PHONY: conformance
conformance: .cache/preview/wheel.stamp ## Run the published pipeline tests in EXTRAS=<checkout of integrations-extras>
	@$(PREVIEW_PYTHON) -m datadog_logs_local.pipeline $(abspath $(EXTRAS))

IN_PARALLEL := --numprocesses auto --dist loadgroup
# What holds the check against whatever may happen runs on the oldest base package too.
ON_THE_OLDEST := verification/behaviour verification/campaign/test_campaign.py verification/hostile \
    verification/hygiene verification/installation verification/networks

.PHONY: test
test: validate lint test-integration test-packages test-oldest test-newest ## Validate, lint, check types and run all tests

.PHONY: test-integration
test-integration: .cache/ddev/ready.stamp ## Run the integration's own tests, with coverage, as integrations-extras does
	@rm -f okta_workflows/.coverage
	UV_CONSTRAINT=$(CURDIR)/.ci/requirements/newest.txt PYTHONPATH= $(DDEV) test --cov okta_workflows

.PHONY: test-oldest
test-oldest: .cache/oldest/check.stamp ## Run the tests of the check on the oldest supported base package
	.cache/oldest/bin/python -m pytest $(IN_PARALLEL) okta_workflows/tests $(ON_THE_OLDEST)

.PHONY: test-newest
test-newest: .cache/newest/check.stamp ## Run everything else once, on the newest base package
	.cache/newest/bin/python -m pytest $(IN_PARALLEL) packages verification

.PHONY: test-packages
test-packages: .cache/ddev/installed.stamp ## Install each package from its wheel into an environment of its own, and use it by its README
	@python=$$(.ci/python3.13) && for package in $(notdir $(wildcard packages/*)); do \
	    environment=$(CURDIR)/.cache/packages/$$package; \
	    rm -rf $$environment && .cache/ddev/bin/uv venv --quiet --python "$$python" $$environment && \
	    .cache/ddev/bin/uv pip install --quiet --python $$environment --constraint .ci/requirements/newest.txt \
	        ./packages/$$package hatchling packaging pytest && \
	    (cd packages/$$package && PYTHONPATH= $$environment/bin/python -m pytest -c /dev/null --rootdir . \
	        -p no:cacheprovider $$(ls tests/test_*_package.py tests/test_*readme.py 2>/dev/null)) || exit; \
	done

.PHONY: validate
validate: .cache/ddev/ready.stamp ## Run the validations of ddev
	$(DDEV) validate all all --grace-period 1
	$(DDEV) validate dashboards all
	$(DDEV) validate service-checks all

.PHONY: lint
lint: .cache/ddev/ready.stamp .cache/lint/check.stamp ## Check format, style, spelling and types
	UV_CONSTRAINT=$(CURDIR)/.ci/requirements/lint.txt $(DDEV) test --lint okta_workflows
	.cache/lint/bin/ruff check .
	.cache/lint/bin/ruff format --check .
	.cache/ddev/bin/codespell
	.cache/lint/bin/mypy
	@for package in packages/*; do (cd $$package && ../../.cache/lint/bin/mypy --config-file ../../pyproject.toml .) || exit; done

.PHONY: check
check: .cache/lint/check.stamp .cache/newest/check.stamp ## The minute between two edits: style, types, the integration's own tests
	.cache/lint/bin/ruff check .
	.cache/lint/bin/mypy
	.cache/newest/bin/python -m pytest $(IN_PARALLEL) okta_workflows/tests

.PHONY: fmt
fmt: .cache/lint/check.stamp ## Format the code and repair its style
	.cache/lint/bin/ruff check --fix .
	.cache/lint/bin/ruff format .

REQUIREMENTS_IN := $(filter-out %/test.in %/assets.in,$(wildcard .ci/requirements/*.in))

.PHONY: lock
lock: .cache/ddev/ready.stamp ## Raise the versions that requirements/*.txt pin
	@for in in $(REQUIREMENTS_IN); do \
	    echo "$$in"; \
	    .cache/ddev/bin/uv pip compile --quiet --upgrade --universal --python-version 3.13 \
	        --no-annotate --no-emit-index-url --custom-compile-command 'make lock' \
	        "$$in" --output-file "$${in%.in}.txt" || exit; \
	done

.PHONY: clean
clean: ## Remove everything the other commands made
	rm -rf .cache okta_workflows/.benchmarks okta_workflows/.coverage okta_workflows/coverage.xml

# The environments of hatch are made once and never compared with the lock again: a new lock means new environments.
.cache/ddev/ready.stamp: .cache/ddev/installed.stamp okta_workflows/hatch.toml .ci/requirements/newest.txt
	@rm -rf .cache/hatch
	@mkdir -p .cache/hatch
	@touch $(HATCH_CONFIG)
	@echo 'upgrade_check = false' > $(DDEV_CONFIG)
	@touch $@

# What is larger is installed by uv, which ddev brings.
TESTED := .cache/oldest .cache/newest .cache/lint
$(TESTED:%=%/check.stamp): .cache/%/check.stamp: .ci/requirements/%.txt .cache/ddev/installed.stamp okta_workflows/pyproject.toml
	@echo 'Set up .cache/$*'
	@rm -rf .cache/$*
	@python=$$(.ci/python3.13) && .cache/ddev/bin/uv venv --quiet --python "$$python" .cache/$*
	@.cache/ddev/bin/uv pip install --quiet --python .cache/$* --requirement $<
	@.cache/ddev/bin/uv pip install --quiet --python .cache/$* --no-deps --editable okta_workflows
	@touch $@

.cache/ddev/installed.stamp: .ci/requirements/ddev.txt
.cache/demo/installed.stamp: .ci/requirements/demo.txt
.cache/preview/installed.stamp: .ci/requirements/preview.txt
.cache/bench/installed.stamp: .ci/requirements/bench.txt
.cache/import/installed.stamp: .ci/requirements/import.txt
.cache/%/installed.stamp: .ci/requirements/%.txt
	@echo 'Set up .cache/$*'
	@rm -rf .cache/$*
	@python=$$(.ci/python3.13) && "$$python" -m venv .cache/$*
	@.cache/$*/bin/python -m pip install -qq --requirement $<
	@touch $@

# The wheel, not the source tree, is what an Agent gets.
.cache/%/wheel.stamp: .cache/%/installed.stamp okta_workflows/pyproject.toml okta_workflows/README.md \
        $(shell find okta_workflows/datadog_checks -type f ! -name '*.pyc')
	@rm -rf .cache/$*/wheel
	@cd okta_workflows && ../.cache/$*/bin/python -m hatchling build -t wheel -d ../.cache/$*/wheel
	@.cache/$*/bin/python -m pip install -qq --no-deps --force-reinstall .cache/$*/wheel/*.whl
	@touch $@
