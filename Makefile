# Forkyard: reap what you fork. `make help` lists what you can say.
#
# Everything made lands in build/ (with SAN=address in build/address, and so
# on). A stage's link line lists what it is made of: where two lines differ,
# two stages differ.

PORT   ?= 8080
FUZZ_SECONDS ?= 60
JOBS   ?= 3
SAN    ?=
B      := build$(SAN:%=/%)
export BUILD := $(B)

STAGES := 1a_hello 1b_parse 1c_iterative 2a_cgi 2b_c_app 2c_wsgi \
          3a_fork_no_wait 3b_fork_one_wait 3c_fork_wait_loop \
          3d_prefork 3e_supervised 3f_emperor
TOOLS  := flood watch
APPS   := $(patsubst part2/%.c,$(B)/%.so,$(wildcard part2/apps/*.c))
SHORT  := $(foreach stage,$(STAGES),$(firstword $(subst _, ,$(stage))))
TESTS  := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/test_*.c))
FUZZERS := $(patsubst tests/%.c,build/fuzz/%,$(wildcard tests/fuzz_*.c))
C_FILES = $(wildcard common/*.[ch] part?/*.[ch] part2/*/*.c tools/*.[ch] \
            tests/*.[ch] bench/*.c labs/*/*.c labs/*/*/*.c exercises/*/*.c)
SCRIPTS = $(wildcard .ci/run scripts/* scripts/curl/* tests/*.bats \
            part2/cgi-bin/* \
            labs/*.sh labs/*/*.sh labs/*/*/*.sh exercises/*.sh exercises/*/*.sh \
            tests/*.sh tests/*.py tests/*/*.py labs/*/*.py labs/*/*/*.py \
            part2/wsgi/*.py part2/wsgi/*/*.py part2/wsgi/*/*/*.py)

CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
            -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
            -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith
HARDENED := -fstack-protector-strong \
            $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
            -fno-omit-frame-pointer)
# V=1 shows every command in full.
SAY       = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo "  $(1)  $@";)
COMPILE  := $(CC) -std=c11 -D_GNU_SOURCE -I. $(CPPFLAGS) $(CFLAGS) $(WARNINGS) \
            $(HARDENED) $(SANITIZE)

.DEFAULT_GOAL := all
.PHONY: all chaos chaos-peers lab start try grade pictures check-tutorial check-runner check-mutants check-threads check-exercises \
        tutorial-update demo check test check-built bench deps help format lint fuzz fuzz-afl clean \
        $(SHORT) $(SHORT:%=run-%) $(SHORT:%=diff-%) $(SHORT:%=compare-%)

# --- What you can say --------------------------------------------------------

### To learn

demo: deps ## the main job in a minute: flood and freeze 3a, 3b and 3c
	@$(MAKE) --no-print-directory all
	@scripts/demo.sh

all: $(STAGES:%=$(B)/%) $(TOOLS:%=$(B)/%) $(APPS) ## build every stage and every tool

## 3c: build one stage: $(SHORT)
## run-3c: build one stage and run it, PORT=8080; Ctrl-C ends it
## diff-3c: show what a stage changes in the one before
## compare-3c: compare what you typed in work/typed/ with a stage

## lab-freeze: run one lab and see what it shows
lab: all ## run all labs, a line each
	@scripts/lab.sh

lab-%: all
	@scripts/lab.sh $*

## start EX=9-hits: begin an exercise in work/9-hits/
start:
	@scripts/start.sh $(EX)

## try EX=9-hits: run your file of an exercise, PORT=8080; Ctrl-C ends it
try: all
	@PORT=$(PORT) exec scripts/grade.sh --try $(EX)

## grade EX=9-hits: grade yours; without EX, all you have begun
grade: all
	@scripts/grade.sh $(EX)

### To check

check: deps ## run every test; check SAN=address: the programs' own, sanitized
	@$(MAKE) --no-print-directory check-built
	@$(if $(SAN),,$(MAKE) --no-print-directory lab)
	@$(if $(SAN),,$(MAKE) --no-print-directory check-tutorial)

test: check ## the same as check

check-built: all $(TESTS)
	@tests/run.sh $(TESTS)

bench: all ## what a request costs, beside a fixed answer and other servers
	@scripts/bench.sh
	@scripts/bench-gateways.sh

## check-tutorial: run TUTORIAL.md and compare; CHAPTER=11 for one chapter
check-tutorial: all
	@tests/tutorial.py check TUTORIAL.md --no-build --jobs $(JOBS) \
	    --chapter "$(CHAPTER)"
	@tests/tutorial.py check README.md --no-build --no-run

check-exercises: all ## starts fail, solutions pass, mutants fail as stated
	@tests/exercises.sh

chaos: all ## what 3e bears: kills, freezes, reloads, for 2 minutes or CHAOS_SECONDS
	@tests/chaos.py

chaos-peers: all ## the same done to nginx, gunicorn and uwsgi, where installed
	@tests/chaos_peers.py

check-threads: deps ## tests of 3e under ThreadSanitizer: its workers have two threads
	@tests/threads.sh

check-mutants: all ## every lab's fault is found by a test of ours
	@tests/mutants.sh

check-runner: ## faults planted in a tutorial: its runner must find each
	@tests/test_tutorial_runner.py

fuzz: ## fuzz what clients say: each fuzzer for FUZZ_SECONDS=60
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined \
	    B=build/fuzz $(FUZZERS)
	@printf '%s\n' $(FUZZERS) | \
	    xargs -P $(JOBS) -I FUZZER tests/fuzz.sh FUZZER $(FUZZ_SECONDS)

fuzz-afl: ## the same by AFL++, if it is installed (afl++)
	@AFL_QUIET=1 $(MAKE) --no-print-directory CC=afl-clang-fast B=build/afl \
	    build/afl/fuzz_request
	@AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
	    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	    timeout --foreground $$(($(FUZZ_SECONDS) + 60)) \
	    afl-fuzz -V $(FUZZ_SECONDS) -i tests/corpus/request \
	    -x tests/request.dict -o build/afl/found -- build/afl/fuzz_request \
	    >build/afl/log 2>&1 || { tail build/afl/log; exit 1; }
	@grep -E '^(execs_done|corpus_count|saved_)' build/afl/found/default/fuzzer_stats
	@! ls build/afl/found/default/crashes/id* 2>/dev/null

lint: ## what checkers say of C, shell and Python: no complaint allowed
	@scripts/lint.sh $(C_FILES) -- $(SCRIPTS)

### To work on the kit

deps: ## install what is missing (uses sudo only when you are not root)
	@scripts/deps.sh

format: ## lay out the C files as .clang-format says
	clang-format -i $(C_FILES)

tutorial-update: all ## refresh listings, diffs and outputs, never ranges
	@tests/tutorial.py update TUTORIAL.md --no-build --chapter "$(CHAPTER)"

pictures: all ## draw the tutorial's plots anew, from real runs
	@scripts/pictures.sh

PREFIX ?= /usr/local
# WHAT|MODE|WHERE: all that make install brings, and make uninstall takes away.
INSTALLED = \
    $(B)/3e_supervised|755|bin/forkyard \
    $(B)/3f_emperor|755|bin/forkyard-init \
    $(if $(PYTHON_LIBS),$(B)/wsgi.so|755|lib/forkyard/wsgi.so) \
    part2/app.h|644|include/forkyard/app.h \
    man/forkyard.8|644|share/man/man8/forkyard.8 \
    man/forkyard-init.8|644|share/man/man8/forkyard-init.8 \
    $(foreach file,$(wildcard part3/deploy/*.* part3/deploy/C* \
        part3/deploy/vassals/*),\
        $(file)|644|share/doc/forkyard/examples/$(file:part3/deploy/%=%))
field = $(word $(2),$(subst |, ,$(1)))

install: all ## install the server, below DESTDIR and PREFIX=/usr/local
	$(foreach one,$(INSTALLED),install -D -m $(call field,$(one),2) \
	    $(call field,$(one),1) '$(DESTDIR)$(PREFIX)/$(call field,$(one),3)' &&) :

uninstall: ## take away what make install brought
	rm -f $(foreach one,$(INSTALLED),'$(DESTDIR)$(PREFIX)/$(call field,$(one),3)')
	-rmdir $(addprefix '$(DESTDIR)$(PREFIX)/,lib/forkyard' include/forkyard' \
	    share/doc/forkyard/examples/vassals' share/doc/forkyard/examples' \
	    share/doc/forkyard') 2>/dev/null

clean: ## remove build/
	rm -rf build

help: ## show this list
	@sed -n -E -e 's/^### (.*)/\n\1:/p' \
	    -e 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' \
	    -e 's/^## ([a-zA-Z0-9= -]+): (.*)/  make \1|\2/p' Makefile | \
	    sed 's/$$(SHORT)/$(SHORT)/' | \
	    awk -F'|' '{ printf((NF > 1 ? "%-24s %s\n" : "%s\n"), $$1, $$2) }'

# --- Stages: the link lines --------------------------------------------------

objects = $(patsubst %,$(B)/%.o,$(1))
# What several programs are made of.
REQUEST := $(call objects,$(addprefix common/,request body rules))
SOCKETS := $(call objects,$(addprefix common/,net options media_types log))
FILES   := $(call objects,$(addprefix common/,files file_cache beneath \
            conditions dates encodings listing ranges))
COMMON  := $(call objects,$(addprefix common/,connection access_log site \
            accept response)) $(REQUEST) $(SOCKETS) $(FILES)
SERVICE := $(call objects,part2/service part2/environ) $(COMMON)
CGI     := $(call objects,part2/cgi $(addprefix part2/cgi_,options program \
            process header) part2/signals_reset)

# The first two spell out what common/ does for all the others.
$(B)/1a_hello: $(call objects,part1/1a_hello) $(SOCKETS)
$(B)/1b_parse: $(call objects,part1/1b_parse) $(SOCKETS)
$(B)/1c_iterative: $(call objects,part1/1c_iterative) $(COMMON)

# A program answers: gateways stand between the connection and the site.
$(B)/2a_cgi: $(call objects,part2/2a_cgi) $(CGI) $(SERVICE)
# Samples that must be compiled: part2/cgi-bin/NAME.c becomes build/cgi-bin/NAME.
CGI_BIN := $(patsubst part2/%.c,$(B)/%,$(wildcard part2/cgi-bin/*.c))
all 2a: $(CGI_BIN)
$(CGI_BIN): $(B)/cgi-bin/%: $(B)/part2/cgi-bin/%.o
C_APP  := $(call objects,part2/c_app part2/last_words)
$(B)/2b_c_app: $(call objects,part2/2b_c_app) $(C_APP) $(CGI) $(SERVICE)
WSGI   := $(call objects,part2/wsgi_gateway)
$(B)/2c_wsgi: $(call objects,part2/2c_wsgi) $(WSGI) $(C_APP) $(CGI) $(SERVICE)

# Python is opened by these when it is wanted: the other half of WSGI.
# PYTHON_CONFIG='env PKG_CONFIG_PATH=DIR pkg-config' embeds another Python than
# the system's.
PYTHON_CONFIG ?= env PKG_CONFIG_PATH= pkg-config
PYTHON_LIBS   := $(shell $(PYTHON_CONFIG) --libs python3-embed 2>/dev/null)
PYTHON_FLAGS   = $(patsubst -I%,-isystem %,\
    $(shell $(PYTHON_CONFIG) --cflags python3-embed)) \
    -DPYTHON_PREFIX='"$(shell $(PYTHON_CONFIG) --variable=exec_prefix \
    python3-embed)"'
EMBEDDERS     := $(filter-out %/3f_emperor,$(filter $(B)/2c% $(B)/3%,\
    $(STAGES:%=$(B)/%))) $(B)/test_handlers \
    $(B)/test_wsgi
PYTHON_HALF   := $(call objects,part2/wsgi $(addprefix part2/wsgi_,environ \
    errors file head input interpreter program reply))
$(PYTHON_HALF): OWN_FLAGS = -fPIC -fvisibility=hidden $(PYTHON_FLAGS)
$(B)/wsgi.so: $(PYTHON_HALF)
	$(call SAY,link   )$(CC) -shared $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ \
	    $(PYTHON_LIBS) -o $@
ifneq ($(PYTHON_LIBS),)
all 2c: $(B)/wsgi.so
else
all 2c: no-python
endif
# Who runs something that is built already is not told each time.
no-python:
	@$(if $(filter lab% grade try,$(MAKECMDGOALS)),:,echo \
	    "  without --wsgi: Python's headers are missing (python3-dev, pkgconf)")
.PHONY: no-python

# The fork ladder serves all of that: only main() differs.
GATEWAYS := $(call objects,part2/gateways) $(WSGI) $(C_APP) $(CGI) $(SERVICE)
$(B)/3a_fork_no_wait: $(call objects,part3/3a_fork_no_wait) $(GATEWAYS)
$(B)/3b_fork_one_wait: $(call objects,part3/3b_fork_one_wait) $(GATEWAYS)
$(B)/3c_fork_wait_loop: $(call objects,part3/3c_fork_wait_loop) $(GATEWAYS)
$(B)/3d_prefork: $(call objects,part3/3d_prefork) $(GATEWAYS)

# The supervisor knows no HTTP, and its workers know no supervisor.
SUPERVISOR := $(call objects,$(addprefix part3/,supervisor birth staffing \
            upgrade predecessors family_options slot signals scoreboard \
            channel listener handover rights events notify pid_file \
            fork_budget others program_path))
$(B)/3e_supervised: $(call objects,$(addprefix part3/,3e_supervised worker \
    status)) $(SUPERVISOR) $(GATEWAYS)

# It knows no HTTP at all.
VASSALS := $(call objects,$(addprefix part3/vassal,_file _keys _words _check \
    _process _directory _control _status s s_files s_asked) part3/vassal \
    $(addprefix part3/,slot rights events notify channel fork_budget \
    program_path))
INIT := $(call objects,$(addprefix part3/,init init_options others \
    init_terminal signals) part2/signals_reset \
    $(addprefix common/,log net options media_types))
$(B)/3f_emperor: $(call objects,part3/3f_emperor) $(INIT) $(VASSALS)

$(STAGES:%=$(B)/%): LIBRARIES := -lhttp_parser -ldl
$(EMBEDDERS): EXPORTS := -Wl,--dynamic-list=part2/wsgi.symbols
$(B)/3f_emperor: LIBRARIES := -linih

# --- Tools -------------------------------------------------------------------

$(B)/flood: $(call objects,$(addprefix tools/flood,_options _target _answer \
    _tally _start _client) tools/flood)
# What only a lab needs: labs/NAME/NAME.c, and applications, NAME_app.c.
LAB_APPS  := $(patsubst labs/%.c,$(B)/labs/%.so,$(wildcard labs/*/*_app.c))
LAB_TOOLS := $(patsubst labs/%.c,$(B)/labs/%,$(filter-out %_app.c,\
    $(wildcard labs/*/*.c)))
all: $(LAB_TOOLS) $(LAB_APPS)
$(LAB_TOOLS): $(B)/labs/%: $(B)/labs/%.o
$(B)/labs/slot-table/slot_table: $(call objects,part3/slot)

# What make bench measures with.
BENCH := $(addprefix $(B)/bench/,parse fixed_answer cgi_hello cpu_meter)
all: $(BENCH)
$(B)/bench/parse: $(call objects,bench/parse) $(REQUEST)
$(B)/bench/parse: LIBRARIES := -lhttp_parser
$(B)/bench/fixed_answer: $(call objects,bench/fixed_answer common/net \
    common/log)
$(B)/bench/cgi_hello: $(call objects,bench/cgi_hello)
$(B)/bench/cpu_meter: $(call objects,bench/cpu_meter)

$(B)/watch: $(call objects,tools/family tools/watch_report \
    tools/watch_picture tools/watch)

# --- Tests: one program a module ---------------------------------------------

$(TESTS): $(B)/%: $(B)/tests/%.o
$(TESTS): LIBRARIES := -lcheck -lsubunit -lhttp_parser -lpthread -lrt -lm -ldl
$(B)/test_rules: $(call objects,common/rules)
$(B)/test_body: $(call objects,common/body)
$(B)/test_request: $(REQUEST)
$(B)/test_access_log: $(call objects,$(addprefix common/,access_log log \
    response accept)) $(REQUEST)
$(B)/test_accept: $(call objects,common/accept) $(REQUEST)
$(B)/test_response: $(call objects,common/response common/accept) $(REQUEST)
$(B)/test_log: $(call objects,common/log)
$(B)/test_net: $(call objects,common/net common/log)
$(B)/test_options: $(call objects,common/options common/media_types \
    common/log)
$(B)/test_file_cache: $(call objects,common/file_cache)
$(B)/test_conditions: $(call objects,common/conditions common/dates)
$(B)/test_dates: $(call objects,common/dates)
$(B)/test_encodings: $(call objects,common/encodings common/rules)
$(B)/test_listing: $(COMMON)
$(B)/test_media_types: $(call objects,common/media_types)
$(B)/test_ranges: $(call objects,common/ranges)
$(B)/test_files $(B)/test_site $(B)/test_connection: $(COMMON)
$(B)/test_handlers: $(GATEWAYS)
$(B)/test_service $(B)/test_environ $(B)/test_cgi: $(CGI) $(SERVICE)
$(B)/test_c_app: $(C_APP) $(SERVICE)
$(B)/test_slot: $(call objects,part3/slot)
$(B)/test_channel: $(call objects,part3/channel)
$(B)/test_supervisor $(B)/test_predecessors: \
    $(filter-out %/family_options.o,$(SUPERVISOR)) \
    $(call objects,part2/signals_reset common/net common/log)
$(B)/test_wsgi: $(WSGI) $(SERVICE)
$(B)/test_vassals: $(filter-out %/vassals.o %/vassals_files.o \
    %/vassals_asked.o,$(VASSALS)) $(call objects,part3/signals \
    part2/signals_reset common/log)
$(B)/test_vassals: LIBRARIES := -lcheck -lsubunit -linih -lrt -lm
$(B)/test_events: $(call objects,part3/events common/log)
$(B)/test_handover: $(call objects,part3/handover common/log)
$(B)/test_notify: $(call objects,part3/notify)
$(B)/test_pid_file: $(call objects,part3/pid_file)
$(B)/test_listener: $(call objects,part3/listener common/log)
$(B)/test_scoreboard: $(call objects,part3/scoreboard common/log)
$(B)/test_signals: $(call objects,part3/signals common/log)
$(B)/test_status: $(call objects,part3/status part3/slot part3/scoreboard \
    common/response common/accept common/net common/log) $(REQUEST)
$(B)/test_watch: $(call objects,tools/family tools/watch_report \
    tools/watch_picture)

# A fuzzer replaces main(); it wants clang.
$(FUZZERS): build/fuzz/%: build/fuzz/tests/%.o
build/fuzz/fuzz_request: $(REQUEST:$(B)/%=build/fuzz/%)
build/fuzz/fuzz_cgi_header: $(addprefix build/fuzz/,part2/cgi_header.o \
    common/rules.o)
build/fuzz/fuzz_files: $(addprefix build/fuzz/common/,conditions.o dates.o \
    encodings.o ranges.o rules.o)

# The same functions for AFL++: its compiler brings a main() that knows
# libFuzzer's entry.
build/afl/fuzz_request: build/afl/tests/fuzz_request.o \
    $(REQUEST:$(B)/%=build/afl/%)
	AFL_QUIET=1 afl-clang-fast -g -fsanitize=fuzzer $^ -lhttp_parser -o $@

# --- How things are made -----------------------------------------------------

$(STAGES:%=$(B)/%) $(TOOLS:%=$(B)/%) $(LAB_TOOLS) $(BENCH) $(TESTS) $(CGI_BIN):
	@mkdir -p $(@D)
	$(call SAY,link   )$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $(EXPORTS) $^ $(LIBRARIES) -o $@

$(FUZZERS):
	$(call SAY,link   )clang -g -fsanitize=fuzzer,address,undefined $^ \
	    -lhttp_parser -o $@

# Applications include app.h and no more, so they need little to be compiled.
APP = $(call SAY,compile)$(COMPILE) -Ipart2 -MMD -MP -shared -fPIC $< -o $@
$(APPS): $(B)/%.so: part2/%.c $(B)/flags
	@mkdir -p $(@D)
	$(APP)
$(LAB_APPS): $(B)/%.so: %.c $(B)/flags
	@mkdir -p $(@D)
	$(APP)

# Objects depend on how they are compiled: another compiler or other flags
# make them anew. -MMD notes which headers each of them includes.
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call SAY,compile)$(COMPILE) $(OWN_FLAGS) -MMD -MP -c $< -o $@

$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) $(PYTHON_LIBS)' | cmp -s - $@ || \
	    echo '$(COMPILE) $(PYTHON_LIBS)' > $@
.PHONY: FORCE

-include $(wildcard $(B)/*/*.d $(B)/labs/*/*.d)

# --- One stage by its short name ---------------------------------------------

.SECONDEXPANSION:
full = $(filter $(1)_%,$(STAGES))

$(SHORT): $$(B)/$$(call full,$$@)

RUN_ALONE_3f := --vassals part3/vassals --control $(B)/vassals.control
2b: $(APPS)
RUN_2a := --cgi /cgi-bin=part2/cgi-bin --cgi /compiled=$(B)/cgi-bin
RUN_2b := $(RUN_2a) $(foreach app,$(APPS),--app /$(basename $(notdir $(app)))=$(app))
RUN_2c := --wsgi /=plain:app --wsgi-path part2/wsgi
$(SHORT:%=run-%): run-%: %
	@exec $(B)/$(call full,$*) $(or $(RUN_ALONE_$*),\
	    --port $(PORT) --root www $(RUN_$*))

$(SHORT:%=diff-%): diff-%:
	@scripts/diff-stage.sh $*

$(SHORT:%=compare-%): compare-%:
	@scripts/compare.sh $* $(if $(FILE),"$(FILE)")
