# SPDX-License-Identifier: MIT
# The one entrance: Kbuild for the modules, Meson for user space, tools/ for
# what is fetched and for the guest.

.DEFAULT_GOAL := all
BUILD := build

## all: build the modules and user space (the default)
all: modules userspace

## deps: install the Debian packages that are missing
deps:
	@tools/deps

## fetch: bring kernel, models and photographs into the cache
fetch: deps
	@tools/fetch

## modules: build the kernel modules into build/kernel (KDIR=... for other headers)
modules:
	@tools/build-modules $(BUILD)/kernel

$(BUILD)/user/build.ninja:
	meson setup $(BUILD)/user

## userspace: build library, daemon, gate and tools into build/user
userspace: $(BUILD)/user/build.ninja
	ninja -C $(BUILD)/user

## clean: remove what was built; the cache stays
clean:
	rm -rf $(BUILD)

## help: this list
help:
	@sed -n 's/^## /  /p' Makefile

.PHONY: all deps fetch modules userspace clean help
