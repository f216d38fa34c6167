# SPDX-License-Identifier: MIT
# The one entrance: Kbuild for the modules, Meson for user space, tools/ for
# what is fetched and for the guest.

.DEFAULT_GOAL := all
BUILD := build
# Of "run": emu, sim or rtl.
BOARD ?= emu
PREFIX ?= /usr/local
export LIMEN_CACHE ?= $(HOME)/.cache/limen

## all: build the modules, user space, the firmware and the self-tests (the default)
all: modules userspace firmware selftests

## run: boot a guest and watch a gate decide on real photographs (BOARD=sim: with a card
##	on PCI Express that runs its own firmware, instead of the emulated board; BOARD=rtl:
##	and on the simulated gateware)
run: fetch
	@$(MAKE) --no-print-directory all $(if $(filter rtl,$(BOARD)),gateware)
	@BOARD=$(BOARD) tools/run

## check: run every test
check: fetch
	@tools/fetch debug-kernel
	@$(MAKE) --no-print-directory all sanitized
	@tests/run

# What "check" leaves out because it costs most for what it finds is listed, with the
# reason, in tests/guest/debug and tests/on-kernel. Data races are left out as a whole:
# their kernel takes a quarter of an hour to build on a machine that has none. Of the installed
# system, Debian 13 is left out, upgrades, and what takes a second boot.
## soak: the long runs: verifies while the board fails, other kernels, coverage
soak: fetch
	@tools/fetch debug-kernel kcsan-kernel
	@$(MAKE) --no-print-directory all
	@LIMEN_PATIENCE=20 SOAK_VERIFIES=50000 SOAK_RESET_MS=200 \
		IOCTL_FUZZ_CALLS=1000000 tests/run soak debug-full pci-full system-full ioctls \
		newest-full rt-full kcsan-full travellers-sim gateware-card
	@LIMEN_PATIENCE=20 tests/run coverage

## lint: look over the source (checkpatch, sparse, clang-tidy, shellcheck, ...)
lint: fetch
	@$(MAKE) --no-print-directory all
	@tools/lint

## bench: measure engine, daemon and driver, against machine, libraries, echo, ioctl
bench: fetch
	@$(MAKE) --no-print-directory userspace modules
	@tools/bench

## deps: install the Debian packages that are missing
deps:
	@tools/deps

## fetch: bring kernel, models and photographs into the cache
fetch: deps
	@tools/fetch

## modules: build the kernel modules into build/kernel (KDIR=... for other headers,
##	FIRMWARE_CERT=... for boards whose firmware somebody else signs)
modules:
	@$(if $(FIRMWARE_CERT),mkdir -p $(BUILD)/kernel && firmware/keys/certificate \
		$(FIRMWARE_CERT) >$(BUILD)/kernel/certificate.hex)
	@tools/build-modules $(BUILD)/kernel $(if $(FIRMWARE_CERT),\
		LIMEN_CERTIFICATE=$(CURDIR)/$(BUILD)/kernel/certificate.hex)

## userspace: build library, daemon, gate and tools into build/user, to be installed in
##	PREFIX=/usr/local
userspace: $(BUILD)/user/build.ninja
	@[ "$$(cat $(BUILD)/user/prefix 2>/dev/null)" = "$(PREFIX)" ] || { \
		meson configure --prefix "$(PREFIX)" $(BUILD)/user && \
		echo "$(PREFIX)" >$(BUILD)/user/prefix; }
	@ninja -C $(BUILD)/user

## firmware: build the board's ROM and firmware into build/firmware (FIRMWARE_CERT=...
##	whose firmware the ROM starts, FIRMWARE_KEY=... to sign with)
firmware: userspace
	@mkdir -p $(BUILD)/firmware
	@$(MAKE) --no-print-directory -C firmware OUTPUT=$(CURDIR)/$(BUILD)/firmware \
		LIMEN=$(CURDIR)/$(BUILD)/user/userspace/cli/limen \
		$(if $(FIRMWARE_CERT),FIRMWARE_CERT=$(abspath $(FIRMWARE_CERT))) \
		$(if $(FIRMWARE_KEY),FIRMWARE_KEY=$(abspath $(FIRMWARE_KEY)))

## selftests: build the kernel's self-tests into build/selftests
selftests:
	@mkdir -p $(BUILD)/selftests
	@$(MAKE) --no-print-directory -C tests/selftests/limen \
		OUTPUT=$(CURDIR)/$(BUILD)/selftests all

# User space once more, with AddressSanitizer and UndefinedBehaviorSanitizer; and
# what runs in many threads, with ThreadSanitizer.
sanitized: $(BUILD)/asan/build.ninja $(BUILD)/tsan/build.ninja
	@ninja -C $(BUILD)/asan
	@ninja -C $(BUILD)/tsan $(addprefix tests/unit/lib/test-lib-,threads board engine)

# What runs with the model of the gateware in place of a program.
## gateware: build the gateware's model, and the simulated card with it, into build/gateware
gateware: firmware
	@$(MAKE) --no-print-directory -C firmware/fpga
	@[ -e $(BUILD)/gateware/user/build.ninja ] || \
		meson setup -Dgateware=true $(BUILD)/gateware/user
	@ninja -C $(BUILD)/gateware/user tools/sim/limen-card \
		$(addprefix tests/unit/sim/test-sim-,firmware-rtl camera-rtl engines-rtl)

$(BUILD)/user/build.ninja:
	meson setup --prefix "$(PREFIX)" $(BUILD)/user

$(BUILD)/asan/build.ninja:
	meson setup -Db_sanitize=address,undefined $(BUILD)/asan

$(BUILD)/tsan/build.ninja:
	meson setup -Db_sanitize=thread $(BUILD)/tsan

## compile_commands.json: for editors, of modules and user space together
compile_commands.json: modules userspace
	@tools/compile-commands $(BUILD) >$@.new && mv $@.new $@

## install: install user space (PREFIX=/usr/local, DESTDIR=)
install: userspace
	DESTDIR="$(DESTDIR)" meson install -C $(BUILD)/user --no-rebuild
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

## modules_install: install the modules for the kernel of KDIR (as root)
modules_install: modules
	@tools/build-modules $(BUILD)/kernel modules_install

## firmware_install: install the board's firmware where the kernel looks for it (as root)
firmware_install: firmware
	install -D -m 644 -t "$(DESTDIR)/lib/firmware/limen" $(BUILD)/firmware/limen/*.fw

## deb: build the Debian packages into build/deb
deb: fetch
	@tools/deb

## clean: remove what was built; the cache stays
clean:
	rm -rf $(BUILD) compile_commands.json

## help: this list
help:
	@sed -n 's/^## /  /p' Makefile

.PHONY: all run check soak lint bench deb deps fetch modules userspace firmware gateware \
	selftests sanitized compile_commands.json install modules_install firmware_install \
	clean help
