# The commands to remember: make run, test, check, bench, train. Each sets up what it needs in .venv first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DATA ?= $(or $(KMNIST_DATA),data)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# glibc gives large blocks back to the system after each layer otherwise: about a tenth of a training step
TRAIN := MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=4000000000 $(BIN)/python -m train

.PHONY: help run test check format bench load fuzz audit train clean

help:
	@echo "make run    serve the page on http://127.0.0.1:7860 (HOST and PORT change it)"
	@echo "make test   run all tests, a real browser's among them"
	@echo "make check  formatting, lint, types"
	@echo "make bench  measure, and write assets/bench.json and docs/benchmarks.md (SMOKE=1: run each section in little, write nothing)"
	@echo "make load   let up to 200 visitors draw, and soak the server: about 20 minutes, into the same files"
	@echo "make fuzz   feed every reader with wild bytes, SECONDS=60 each"
	@echo "make audit  look the dependencies up for known vulnerabilities, and list their licences"
	@echo "make train  make the weights again, in runs/ (DATA=folder of the datasets)"

run: $(VENV)/app.done
	@exec $(BIN)/python app.py

test: $(VENV)/tests.done
	@CHROMIUM="$$(sh tests/support/chromium.sh)"; NGINX="$$(sh tests/support/nginx.sh)"; export CHROMIUM NGINX; \
	$(BIN)/python -m pytest; status=$$?; \
	if [ -z "$$CHROMIUM" ]; then echo "!!! NO BROWSER COULD BE HAD: THE BROWSER TESTS WERE SKIPPED !!!"; fi; \
	if [ -z "$$NGINX" ]; then echo "!!! NO NGINX COULD BE HAD: THE PROXY TESTS WERE SKIPPED !!!"; fi; \
	exit $$status

check: $(VENV)/tests.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/project/test_rules.py tests/project/test_docs.py

format: $(VENV)/tests.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/tests.done
	@CHROMIUM="$$(sh tests/support/chromium.sh)" $(BIN)/python -m bench $(if $(SMOKE),--smoke) $(SECTIONS)

load: $(VENV)/tests.done
	@$(BIN)/python -m bench load

fuzz: $(VENV)/fuzz.done
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

# A network that does not answer is no vulnerability: it is said, and the rest goes on.
audit: $(VENV)/tests.done
	@$(BIN)/python -m tools.licences
	@$(BIN)/python -m tools.audit

# Pretraining needs Kuzushiji-Kanji in DATA/kkanji; without it the fit starts from scratch.
train: export KMNIST_DATA := $(DATA)
train: $(VENV)/train.done
	@if [ -d "$(DATA)/kkanji" ]; then \
	  $(TRAIN) fit --dataset kkanji --protocol whole --epochs 4 --set cutout=0 --out runs/kkanji && \
	  $(TRAIN) fit --learning-rate 0.1 --init runs/kkanji/kkanji.safetensors --out runs/kmnist; \
	else \
	  $(TRAIN) fit --learning-rate 0.1 --out runs/kmnist; \
	fi
	$(TRAIN) evaluate --weights runs/kmnist/kmnist.safetensors

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/app.done: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/train.done: requirements.txt train/requirements.txt | $(VENV)/bin/python
	$(PIP) -r train/requirements.txt
	@touch $@

$(VENV)/tests.done: requirements.txt train/requirements.txt tests/requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt -r train/requirements.txt -r tests/requirements.txt
	@touch $@ $(VENV)/app.done $(VENV)/train.done

$(VENV)/fuzz.done: tests/fuzz/requirements.txt $(VENV)/tests.done
	$(PIP) -r tests/fuzz/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) runs .pytest_cache .ruff_cache .mypy_cache
