# The commands to remember: make run, test, check, bench, train. Each installs what it needs into .venv first.
# The newest Python from 3.11 to 3.13 that can make an environment; `make PYTHON=python3.11 ...` takes another one.
PYTHON ?= $(shell sh tools/find_python.sh)
VENV := .venv
BIN := $(VENV)/bin
DATA ?= $(or $(KMNIST_DATA),data)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# glibc gives large blocks back to the system after each layer otherwise: about a tenth of a training step
TRAIN := MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=4000000000 $(BIN)/python -m train

.PHONY: help run test check format bench load fuzz audit train clean

help:
	@echo "make run    serve the page on http://127.0.0.1:7860 (HOST and PORT change it; PyTorch only for an NVIDIA GPU: LIGHT=0 or 1 overrides)"
	@echo "make test   run all tests, with a real browser"
	@echo "make check  check formatting, lint, types, import rules and docs"
	@echo "make format format and mend what the linters can mend"
	@echo "make bench  measure, and write assets/bench.json and docs/benchmarks.md (SECTIONS=..., SMOKE=1 for a quick try that writes nothing)"
	@echo "make load   measure up to 200 visitors at once and a ten-minute soak: about 20 minutes, into the same files"
	@echo "make fuzz   fuzz every parser, SECONDS=60 each"
	@echo "make audit  look the dependencies up for known vulnerabilities, and list their licences"
	@echo "make train  train the shipped weights again, in runs/ (DATA=folder of the datasets; MODEL=kuzushiji for the wide ones)"

# Without an NVIDIA GPU the page needs no PyTorch; LIGHT=0 or LIGHT=1 overrides what is found here. What the tests or a fit have installed stays.
LIGHT ?= $(shell if [ -e /proc/driver/nvidia ] || command -v nvidia-smi >/dev/null 2>&1; then echo 0; else echo 1; fi)
run: $(if $(filter 0,$(LIGHT)),$(VENV)/app.done,$(VENV)/light.done)
	@exec $(BIN)/python app.py

# Two runs: what measures time or memory comes last and alone, everything else on all cores, a file's tests on one of them. In the order
# of the folders: the files with the fewest tests, which xdist would keep for the end, take the longest.
test: $(VENV)/tests.done
	@CHROMIUM="$$(sh tests/support/chromium.sh)"; NGINX="$$(sh tests/support/nginx.sh)"; export CHROMIUM NGINX; \
	$(BIN)/python -m pytest -m "not alone" --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 10; status=$$?; \
	$(BIN)/python -m pytest -m alone --durations 10 || status=$$?; \
	if [ -z "$$CHROMIUM" ]; then echo "!!! NO BROWSER COULD BE HAD: THE BROWSER TESTS WERE SKIPPED !!!"; fi; \
	if [ -z "$$NGINX" ]; then echo "!!! NO NGINX COULD BE HAD: THE PROXY TESTS WERE SKIPPED !!!"; fi; \
	exit $$status

check: $(VENV)/tests.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@find ui -name '*.pyi' -delete # Gradio writes them beside components while the page runs
	$(BIN)/mypy
	@sh tools/lint_web.sh check
	$(BIN)/python -m pytest -q tests/project/test_rules.py tests/project/test_docs.py tests/project/test_architecture.py

format: $(VENV)/tests.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@sh tools/lint_web.sh check --write

bench: $(VENV)/tests.done
	@CHROMIUM="$$(sh tests/support/chromium.sh)" $(BIN)/python -m bench $(if $(SMOKE),--smoke) $(SECTIONS)

load: $(VENV)/tests.done
	@$(BIN)/python -m bench load

fuzz: $(VENV)/fuzz.done
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

# Where the vulnerability database cannot be reached, the audit says so and the rest goes on.
audit: $(VENV)/tests.done
	@$(BIN)/python -m tools.licences
	@$(BIN)/python -m tools.audit

# Pretraining needs Kuzushiji-Kanji in DATA/kkanji; without it the fit starts from scratch. Where it stopped, a fit of MODEL=kuzushiji goes on.
MODEL ?= kmnist
WIDE := fit --dataset kuzushiji --resume
train: export KMNIST_DATA := $(DATA)
train: $(VENV)/train.done
	@if [ "$(MODEL)" = kuzushiji ]; then \
	  $(TRAIN) $(WIDE) --protocol fonts-only --recipe train/recipes/kuzushiji.toml --out runs/fonts-only && \
	  $(TRAIN) $(WIDE) --recipe train/recipes/kuzushiji-finish.toml --init runs/fonts-only/kuzushiji.safetensors --out runs/finish && \
	  $(TRAIN) $(WIDE) --recipe train/recipes/kuzushiji-longer.toml --init runs/finish/kuzushiji.safetensors --out runs/longer && \
	  $(TRAIN) $(WIDE) --recipe train/recipes/kuzushiji-longer.toml --epochs 5 --seed 1 --init runs/longer/kuzushiji.safetensors --out runs/kuzushiji; \
	elif [ -d "$(DATA)/kkanji" ]; then \
	  $(TRAIN) fit --dataset kkanji --protocol whole --epochs 4 --set cutout=0 --out runs/kkanji && \
	  $(TRAIN) fit --learning-rate 0.1 --init runs/kkanji/kkanji.safetensors --out runs/kmnist; \
	else \
	  $(TRAIN) fit --learning-rate 0.1 --out runs/kmnist; \
	fi
	$(TRAIN) evaluate --dataset $(MODEL) --weights runs/$(MODEL)/$(MODEL).safetensors

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "No Python from 3.11 to 3.13 with venv was found: install one (Debian: apt install python3-venv), or name it: make PYTHON=/path/to/python3"; exit 1; fi
	$(PYTHON) -m venv $(VENV)

$(VENV)/light.done: requirements-light.txt | $(VENV)/bin/python
	$(PIP) -r requirements-light.txt
	@touch $@

$(VENV)/app.done: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@ $(VENV)/light.done

$(VENV)/train.done: requirements.txt train/requirements.txt | $(VENV)/bin/python
	$(PIP) -r train/requirements.txt
	@touch $@

$(VENV)/tests.done: requirements.txt train/requirements.txt tests/requirements.txt | $(VENV)/bin/python
	$(PIP) --no-compile -r requirements.txt -r train/requirements.txt -r tests/requirements.txt # Python compiles what is imported
	@touch $@ $(VENV)/light.done $(VENV)/app.done $(VENV)/train.done

$(VENV)/fuzz.done: tests/fuzz/requirements.txt $(VENV)/tests.done
	$(PIP) -r tests/fuzz/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) runs .pytest_cache .ruff_cache .mypy_cache
