# Two commands for a newcomer: `make run` and `make test`. Nothing else comes before them.

# A comma inside an argument of `call`.
, := ,
# The first of these that runs and is new enough; a name on PATH alone may be an empty shim.
works = $(shell for one in $(1); do "$$one" -c 'import sys; sys.version_info[:2] $(2) or sys.exit(1); print(sys.executable)' 2>/dev/null && break; done)
PYTHON311 := $(call works,python3.11 python3.12 python3.13 python3,>= (3$(,)11))
# A pyenv that isn't on PATH is looked at too; without any, uv fetches a Python 3.10.
PYTHON310 := $(or $(call works,python3.10 $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python),== (3$(,)10)),3.10)
UV := .tools/bin/uv
UV_VERSION := 0.13.9

.PHONY: run test install install-dev check lock locales-extract locales-update locales-check contract clean

run: install  ## everything on this machine, with sample professionals
	@.venv/bin/backup up --demo

test: install-dev  ## all tests
	@dialogue/.venv/bin/python -m dialogue.train
	@.venv/bin/pytest -n 2 --dist loadfile

check: install-dev  ## what must hold before a commit
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy backup bots core dashboard locales referrals vault tests
	.venv/bin/lint-imports

install: .venv/.installed dialogue/.venv/.installed .tools/chain/.installed

install-dev: .venv/.installed-dev dialogue/.venv/.installed .tools/chain/.installed

lock: $(UV)  ## after a change of dependencies; the locks hold hashes and no addresses
	$(UV) pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock
	$(UV) pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements-dev.lock
	$(UV) pip compile -q backup/chain/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o backup/chain/requirements.lock
	$(UV) pip compile -q dialogue/requirements.in --override dialogue/requirements.override --python-version 3.10 --generate-hashes --no-emit-index-url -o dialogue/requirements.lock

locales-extract: install  ## templates for a new language, with the English words as notes
	@.venv/bin/backup locales extract

locales-update: install  ## give every catalog the ids that are new, drop those that are gone
	@.venv/bin/backup locales update

locales-check: install  ## ids, placeholders, plurals and SMS budgets agree in all languages
	@.venv/bin/backup locales check

contract: $(UV)  ## after a change of vault/anchor/contract/Anchor.sol
	@npm install --prefix .tools/solc --no-audit --no-fund --loglevel error solc@0.8.37
	NODE_PATH=$(CURDIR)/.tools/solc/node_modules node vault/anchor/contract/build.mjs > .tools/anchor.json
	mv .tools/anchor.json vault/anchor/contract/anchor.json

clean:  ## everything that can be made again; the data in .backup stays
	rm -rf .tools .venv dialogue/.venv dialogue/build build *.egg-info

$(UV):
	@test -n "$(PYTHON311)" || { echo "BackUp needs Python 3.11 or newer: install python3.11 (on Debian: python3.11 and python3.11-venv), then try again" >&2; exit 2; }
	@echo "tools: installing uv"
	@$(PYTHON311) -m venv .tools
	@.tools/bin/pip install -q uv==$(UV_VERSION)

.venv/bin/python: | $(UV)
	@$(UV) venv -q --allow-existing --python $(PYTHON311) .venv

.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "program: installing packages"
	@$(UV) pip install -q --require-hashes --python .venv/bin/python -r requirements.lock
	@$(UV) pip install -q --no-deps --python .venv/bin/python -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "program: installing what the tests need"
	@$(UV) pip install -q --require-hashes --python .venv/bin/python -r requirements-dev.lock
	@touch $@

# Everything works without a chain but anchoring, so a machine that can't have one is not stopped.
.tools/chain/.installed: $(wildcard backup/chain/*.json backup/chain/*.lock) | .venv/bin/python
	@echo "development chain: installing anvil"
	@backup/chain/install .tools/chain $(UV) .venv/bin/python && touch $@ || echo "development chain: not installed, nothing will be anchored"

dialogue/.venv/.installed: dialogue/requirements.lock | $(UV)
	@echo "dialogue: installing Rasa (some 900 MB, a few minutes at the first time)"
	@$(UV) venv -q --allow-existing --python $(PYTHON310) dialogue/.venv
	@$(UV) pip sync -q --require-hashes --python dialogue/.venv/bin/python dialogue/requirements.lock
	@touch $@
