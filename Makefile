# The commands of this project; `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-dev.lock
INSTALLED := $(VENV)/installed.lock

# Settings of a made-up deployment: enough for `check --deploy` to judge the production settings.
DEPLOYMENT := DJANGO_SETTINGS_MODULE=labs.settings.prod \
  SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
  DATABASE_URL=postgres://labs:labs@database.example.com:5432/labs \
  REDIS_URL=redis://broker.example.com:6379/0 \
  EMAIL_URL=smtp://mail.example.com:25 \
  ALLOWED_HOSTS=labs.example.com \
  PUBLIC_BASE_URL=https://labs.example.com \
  AWS_MODE=aws \
  AWS_HUB_PROFILE=hub

.DEFAULT_GOAL := help
.PHONY: help venv chromium zsh up reset lint types contracts migrations deploy-check test test-fast soak

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: venv ## run the whole stack here until Ctrl-C (PORT=8010 make up: on another port)
	@exec $(BIN)/python -m labs.local up --end-with-parent --port "$(PORT)"

reset: venv ## forget everything the local stack has kept (.labs)
	@$(BIN)/python -m labs.local reset

test: venv chromium zsh lint types contracts migrations deploy-check ## run all checks and all tests
	$(BIN)/python -m pytest -n 2 --dist loadscope

test-fast: venv lint ## run the tests that need no services
	$(BIN)/python -m pytest -m "not services and not journey"

soak: venv ## run the long storms
	$(BIN)/python -m pytest -m soak -s

venv: ## create .venv and install the pinned dependencies, if they changed
	@$(BIN)/python -c '' 2>/dev/null || ./bin/create-venv "$(PYTHON)" $(VENV)
	@cmp -s $(LOCK) $(INSTALLED) || { \
	  echo "Installing dependencies into $(VENV)" && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK) && \
	  cp $(LOCK) $(INSTALLED); }

chromium: ## make sure that a Chromium for the journey tests is there
	@./bin/ensure-command chromium

zsh: ## make sure that a zsh for the tests of pasted blocks is there
	@./bin/ensure-command zsh

lint: venv
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: venv
	$(BIN)/python -m mypy labs accounts provisioning quests

contracts: venv
	$(BIN)/python -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

migrations: venv
	DJANGO_SETTINGS_MODULE=labs.settings.test \
	  $(BIN)/python -W "ignore:Got an error checking a consistent migration history" \
	  manage.py makemigrations --check --dry-run

deploy-check: venv
	$(DEPLOYMENT) $(BIN)/python manage.py check --deploy --fail-level WARNING
