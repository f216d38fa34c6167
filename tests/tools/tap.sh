# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Tests of the tools: TAP, and a folder of their own to work in.

# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"
set +e

tap_count=0
tap_failed=0
work=$(mktemp -d)
trap 'rm -rf --one-file-system -- "$work"' EXIT

# check NAME COMMAND...: a test that passes if the command succeeds. What the tool
# under test left in $work/said is shown if not.
check() {
	local name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $name"
	else
		[ ! -s "$work/said" ] || sed 's/^/# /' "$work/said"
		echo "not ok $tap_count - $name: $*"
		tap_failed=$((tap_failed + 1))
	fi
}

# finish: the plan, and the status of the whole.
finish() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

# stand_in NAME: a program of that name, first in PATH, that does what standard input
# says.
stand_in() {
	mkdir -p "$work/bin"
	{
		echo '#!/bin/bash'
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
	PATH=$work/bin:${PATH#"$work/bin:"}
}

# stand_down: the real programs again.
stand_down() {
	rm -rf "${work:?}/bin"
	hash -r
}
