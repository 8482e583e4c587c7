# What a person does with this repository. `make demo` and `make test` need nothing before them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out/demo
CLIP ?= tools/demo/street.mp4
# Tests start hundreds of Pythons: each would compile the whole program anew where this is set.
unexport PYTHONDONTWRITEBYTECODE
# Two more than there are cores: many tests wait for a broker, a page or a clock.
WORKERS ?= $(shell expr $$(nproc) + 2)
FONTS := fonts-opendin fonts-dejavu-core fonts-dejavu-extra fonts-liberation
FACES := barlow barlow-condensed barlow-semi-condensed overpass overpass-mono roboto-condensed \
	saira-condensed saira-semi-condensed archivo-narrow oswald rajdhani titillium-web \
	fira-sans-condensed ibm-plex-sans-condensed share-tech-mono b612-mono pragati-narrow

# `make soak` is rough and long, `make bench` and its like measure: none is part of CI.
# A model that was trained anew loads only once the manifest pins it.
PIN = $(BIN)/python -m tools.add_model --manifest models/manifest.toml --replace \
	--licence Apache-2.0 --lineage \
	"synthetic plates and scenes of tools.synth; near-infrared dashcam frames (MIT)"

# Node for one of the examples that platform developers are given; a machine that has its own keeps it.
NODE = $(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
EXAMPLE := deploy/platform/node
# The package that a box installs: build/deb/anpr-edge_VERSION_ARCH.deb, for amd64 or arm64.
ARCH ?= amd64
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' edge/__init__.py)
DEBS := $(CURDIR)/build/deb
# A compiler for the firmware's C; without one its tests skip and say so.
COMPILER = $(if $(shell command -v gcc),,gcc libc6-dev)

.PHONY: demo test test-tools test-ansible test-deb test-arm64 desk handbook lint schemas examples axe bench bench-access bench-backlog bench-registry fleet soak soak-serial soak-hours year lock sbom security-txt system deb train-tools train-reader train-detector fonts clean

demo: $(VENV)/.ready
	@$(BIN)/python -m tools.demo --clip "$(CLIP)" --out "$(OUT)"

test: $(VENV)/.ready
	@$(MAKE) --no-print-directory lint & $(MAKE) --no-print-directory test-tools && wait $$!
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# What the tests need besides, brought over the network while the linters compute.
test-tools: examples axe
	@deploy/system-packages $(FONTS) postgresql systemd nats-server chromium $(COMPILER)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy deploy/platform/python/receive.py

# What developers of a platform are given, after a change of the records.
schemas: $(VENV)/.ready
	$(BIN)/python -m tools.make_schemas

# The packages of the Node example, at their locked versions; without them its tests skip and say so.
examples: $(EXAMPLE)/node_modules/.ready
$(EXAMPLE)/node_modules/.ready: $(EXAMPLE)/package-lock.json | system
	@deploy/system-packages $(NODE)
	npm ci --ignore-scripts --no-audit --no-fund --prefix $(EXAMPLE) && touch $@ \
		|| echo "The Node example's packages were not installed: its tests skip." >&2

# A box at a desk, to put into use with deploy/HANDBOOK.md and nothing else, until Ctrl-C.
desk: $(VENV)/.ready
	@$(BIN)/python -m tools.desk

# The pictures of the technician's handbook, taken anew by the test that puts a box into use.
handbook: $(VENV)/.ready axe
	@deploy/system-packages chromium
	rm -f deploy/pictures/*.webp
	ANPR_EDGE_PICTURES=$(CURDIR)/deploy/pictures $(BIN)/pytest tests/edge/panel/test_walk.py

# The Ansible role on a Debian 12 root of its own (some minutes, 700 MB in build/ansible). Needs root.
ANSIBLE := build/ansible
test-ansible: $(VENV)/.ready $(ANSIBLE)/.ready
	@deploy/system-packages systemd
	cd deploy/ansible && ../../$(ANSIBLE)/venv/bin/ansible-playbook --syntax-check \
		-i inventory.example.yml site.yml
	cd deploy/ansible && PATH="$(CURDIR)/$(ANSIBLE)/venv/bin:$$PATH" ansible-lint --offline site.yml
	ANPR_EDGE_ANSIBLE_ROOT=$(CURDIR)/$(ANSIBLE)/root \
		ANPR_EDGE_ANSIBLE_PLAYBOOK=$(CURDIR)/$(ANSIBLE)/venv/bin/ansible-playbook \
		$(BIN)/pytest -s tests/ansible

$(ANSIBLE)/.ready:
	@deploy/system-packages debootstrap
	mkdir -p $(ANSIBLE)
	test -x $(ANSIBLE)/venv/bin/python || $(PYTHON) -m venv $(ANSIBLE)/venv
	$(ANSIBLE)/venv/bin/pip install --quiet 'ansible-core>=2.19,<2.20' ansible-lint
	$(ANSIBLE)/venv/bin/pip install --quiet --no-deps 'ansible>=12,<13'
	rm -rf $(ANSIBLE)/root
	debootstrap --variant=minbase --include=python3,python3-apt,systemd,adduser \
		bookworm $(ANSIBLE)/root
	touch $@

# What the panel's pages are tried with for people who cannot see or point; MPL, so never committed.
axe: build/axe/.ready
build/axe/.ready: | system
	@deploy/system-packages $(NODE)
	npm install --ignore-scripts --no-audit --no-fund --prefix build/axe axe-core@4.10.3 && touch $@ \
		|| echo "axe-core was not installed: the tests with it skip." >&2

soak: $(VENV)/.ready
	ANPR_EDGE_KILLS=50 ANPR_EDGE_SYNC_KILLS=500 ANPR_EDGE_PROCESS_KILLS=1000 \
		ANPR_EDGE_POWER_CUTS=10000 ANPR_EDGE_FILLS=50 ANPR_EDGE_READ_ONLY=20 \
		ANPR_EDGE_RECEIVER_KILLS=200 ANPR_EDGE_BROKER_KILLS=20 ANPR_EDGE_CLUSTER_KILLS=10 ANPR_EDGE_BAD_NETWORK=1 ANPR_EDGE_CLOCK_DAYS=1500 ANPR_EDGE_STORM_S=900 \
		$(BIN)/pytest -s tests/faults

# The line to the microcontroller: ten million packets, 1 GB of noise, 200 unplugs; ten minutes.
soak-serial: $(VENV)/.ready
	@deploy/system-packages $(COMPILER)
	ANPR_EDGE_SERIAL_FRAMES=10000000 ANPR_EDGE_SERIAL_NOISE=1000000000 \
		ANPR_EDGE_SERIAL_COMPARED=1000000 ANPR_EDGE_SERIAL_UNPLUGS=200 \
		$(BIN)/pytest -s --durations=0 tests/firmware_bridge/test_soak.py

# Two hours of a box at work: what grows in its processes, and whether anything is lost.
soak-hours: $(VENV)/.ready
	$(BIN)/python -m tools.soak --hours 2

# 5,000 boxes at a record a second in all for twenty minutes, then everything goes wrong: 40 minutes,
# 4 GB of memory. The report is out/fleet/report.html.
fleet: $(VENV)/.ready
	@deploy/system-packages postgresql
	$(BIN)/python -m tools.fleet --boxes 5000 --rate 1 --quiet-s 1200 --out out/fleet

# A year of 200,000 passages through hold and release; in memory, for a disk would take the night.
year: $(VENV)/.ready
	ANPR_EDGE_YEAR_PASSAGES=200000 $(BIN)/pytest -s tests/journeys/test_simulated_year.py \
		--basetemp=/dev/shm/anpr-edge-year

# What a box costs, with a page and a history in build/bench: six minutes, and two more the first time.
bench: $(VENV)/.ready
	@deploy/system-packages $(FONTS) ffmpeg
	$(BIN)/python -m tools.bench --page build/bench/page.html --history build/bench/history.jsonl

# Weeks without a network, brought home over a real Mosquitto: some minutes, 2 GB in build/bench.
bench-backlog: $(VENV)/.ready
	$(BIN)/python -m tools.bench_backlog

bench-access: $(VENV)/.ready
	$(BIN)/python -m tools.bench_access

# Fifteen million vehicles: some minutes, and 5 GB in build/bench.
bench-registry: $(VENV)/.ready
	$(BIN)/python -m tools.bench_registry

deb: $(VENV)/.ready
	@deploy/system-packages debhelper
	PYTHON=$(CURDIR)/$(BIN)/python deploy/debian/build $(ARCH) $(DEBS)

# A box from its package, on a Debian 12 of its own with a systemd of its own: some minutes, as root.
test-deb: ARCH := amd64
test-deb: deb
	@deploy/system-packages debootstrap systemd-container
	ANPR_EDGE_DEB=$(DEBS)/anpr-edge_$(VERSION)_amd64.deb $(BIN)/pytest -v -s \
		tests/deploy/test_package.py >$(DEBS)/test-amd64.log 2>&1; \
		status=$$?; tail -n 15 $(DEBS)/test-amd64.log; exit $$status

# The same for a Raspberry Pi 4, on a processor that knows no more than its own does.
test-arm64: ARCH := arm64
test-arm64: deb
	@deploy/system-packages debootstrap systemd-container qemu-user-static
	ANPR_EDGE_DEB_ARM64=$(DEBS)/anpr-edge_$(VERSION)_arm64.deb $(BIN)/pytest -v -s \
		tests/deploy/test_arm64.py >$(DEBS)/test-arm64.log 2>&1; \
		status=$$?; tail -n 15 $(DEBS)/test-arm64.log; exit $$status

# The virtual environment: dependencies at their locked versions, each checked by its hash.
$(VENV)/.ready: requirements.lock pyproject.toml | system
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock names into $(VENV): once, a minute or a few."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

# What pip cannot install: Python's venv module and a broker.
system:
	@deploy/system-packages

lock: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --generate-hashes \
		--python-version 3.11 --no-header -o requirements.lock

# What runs on a box of either kind, in build/sbom, as CycloneDX lists.
sbom: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
sbom: $(VENV)/.ready
	@mkdir -p build/sbom
	$(BIN)/python -m tools.make_sbom --machine x86_64 >build/sbom/anpr-edge_amd64.cdx.json
	$(BIN)/python -m tools.make_sbom --machine aarch64 >build/sbom/anpr-edge_arm64.cdx.json

# Where a vulnerability is reported: `make security-txt CONTACT=mailto:security@...` (SECURITY.md).
security-txt: $(VENV)/.ready
	@mkdir -p build
	$(BIN)/python -m tools.make_security_txt $(addprefix --contact ,$(CONTACT)) >build/security.txt.new
	mv build/security.txt.new build/security.txt

# The workshop: drawing plates and training models needs PyTorch and fonts besides.
train-tools: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet -e '.[train]'

# The faces plates are drawn with: build inputs, never committed. Needs npm.
fonts:
	@deploy/system-packages $(FONTS) libjemalloc2
	npm install --no-audit --no-fund --prefix build/fonts $(addprefix @fontsource/,$(FACES))

train-reader: train-tools fonts
	$(BIN)/python -m tools.train_reader --out models --resume
	$(BIN)/python -m tools.quantise reader --pictures 400
	for name in plate-reader plate-reader-int8; do \
		$(PIN) --name $$name --model models/$$name.onnx --config models/plate-reader.yaml && \
		$(BIN)/python -m tools.calibrate_reads --reader $$name || exit 1; done

train-detector: train-tools fonts
	$(BIN)/python -m tools.train_detector --out models --resume
	$(BIN)/python -m tools.quantise detector
	for name in plate-detector plate-detector-int8; do \
		$(PIN) --name $$name --model models/$$name.onnx || exit 1; done

clean:
	rm -rf $(VENV) $(EXAMPLE)/node_modules out .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
