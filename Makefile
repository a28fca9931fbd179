# make corpus                 build training shards from this Python's code, or from INPUT=~/src
# make test                   all tests except the slow ones
# make test-slow              the slow tests; some take very long
# make test-engines           one corpus on Spark, Flink, Prism, HDFS; needs Java 17, Maven, Go (Prism)
# make test-engines-slow      the slow tests of the engines: many kills on each
# make test-training          the tests of training, on the CPU; installs torch
# make test-training-slow     the slow tests of training: the whole matrix of parallel runs
# make check                  format, lint, types, import rules
# make format                 format the code, and fix what the linter can fix
# make benchmark              compare each part with its peers in benchmarks/RESULTS.md; about 20 min
# make benchmark-training     compare the loader with its peers in benchmarks/TRAINING.md; about 5 min
# make clean                  remove build/ and .venv
# Each target first installs what it needs into .venv, with the versions pinned in constraints.txt:
# corpus and benchmark the dependencies of a build (base), tests also `test`, check and format also
# `dev`, training also `train`.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
OUT ?= $(if $(INPUT),build/corpus,build/quickstart)
WORKERS ?=
ENGINES := build/engines

.DELETE_ON_ERROR:
.PHONY: corpus test test-slow test-engines test-engines-slow test-training test-training-slow engines no-prism check benchmark benchmark-training format clean help

corpus: $(READY)-base
	@$(BIN)/codecorpus build $(if $(INPUT),recipes/folder.yaml $(foreach path,$(INPUT),--input $(path)),recipes/quickstart.yaml) \
		--out $(OUT) $(if $(WORKERS),--workers $(WORKERS))

test: $(READY)-test
	$(BIN)/pytest -n 2 -m "not slow"

test-slow: $(READY)-test
	$(BIN)/pytest -n 2 -m slow

test-engines: $(READY)-test
	@$(MAKE) --no-print-directory -j 2 engines
	ENGINES=$(ENGINES) $(BIN)/pytest tests/pipelines/storage -k hdfs
	ENGINES=$(ENGINES) $(BIN)/pytest tests/engines -m "not slow"

test-engines-slow: $(READY)-test
	@$(MAKE) --no-print-directory -j 2 engines
	ENGINES=$(ENGINES) $(BIN)/pytest tests/engines -m slow

test-training: $(READY)-train
	$(BIN)/mypy src/codecorpus/training tests/training
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile tests/training -m "not slow"

test-training-slow: $(READY)-train
	OMP_NUM_THREADS=1 $(BIN)/pytest tests/training -m slow

engines: $(ENGINES)/spark/job-server.jar $(ENGINES)/flink/job-server.jar $(ENGINES)/hdfs/.ready \
		$(if $(shell command -v go),$(ENGINES)/prism/prism,no-prism)

$(ENGINES)/%/job-server.jar: infra/%/pom.xml infra/job-server.sh infra/add-opens.txt
	@infra/job-server.sh $* $(@D)

$(ENGINES)/hdfs/.ready: infra/hdfs/pom.xml
	@mvn --quiet --batch-mode -Dstyle.color=never --file $< \
		dependency:copy-dependencies -DoutputDirectory=$(abspath $(@D))/jars
	@touch $@

# One at a time: Maven's local repository is not safe for concurrent use.
$(ENGINES)/flink/job-server.jar: | $(ENGINES)/spark/job-server.jar
$(ENGINES)/hdfs/.ready: | $(ENGINES)/flink/job-server.jar

$(ENGINES)/prism/prism: infra/prism.sh
	@infra/prism.sh $(@D)

no-prism:
	@echo "skipping Prism: building it needs Go"

check: $(READY)-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: $(READY)-base
	$(BIN)/python -m benchmarks

benchmark-training: $(READY)-train build/quickstart/manifest.json
	$(BIN)/python -m benchmarks.loader --corpus build/quickstart

build/quickstart/manifest.json:
	@$(MAKE) --no-print-directory corpus OUT=build/quickstart INPUT=

format: $(READY)-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The dependency groups of pyproject.toml. Each extends the one before, so nothing is installed twice.
$(READY)-base: ADDS := about a minute, 860 MB
$(READY)-test: ADDS := about a minute, 330 MB more
$(READY)-dev: ADDS := half a minute, 100 MB more
$(READY)-train: ADDS := two minutes, 5 GB more
$(READY)-test: $(READY)-base
$(READY)-dev: $(READY)-test
$(READY)-train: $(READY)-dev

$(READY)-%: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "codecorpus needs Python 3.11 or newer; none was found on PATH" >&2; exit 2; }
	@echo "Installing $* into $(VENV) ($(ADDS))"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet \
		--editable '.$(if $(filter-out base,$*),[$*])'
	@touch $@

clean:
	rm -rf build $(VENV)

help:
	@sed -n '/^$$/q; s/^# //p' Makefile
