# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2317 # the tests use what is set here, and call it by check()
# What tests in the installed system share.

set -u
here=/opt/limen-test
# With two templates of one person, a and b.
state=/var/lib/limen-test
driver=/sys/bus/platform/drivers/limen_emu
# Somebody's edits of the configuration.
settings=/etc/limen/limen.conf

# check NAME COMMAND...: a test that passes if the command succeeds, and what it cost.
check() {
	local name=$1 start=$SECONDS
	shift
	if "$@" >"$state/said" 2>&1; then
		echo "ok - $name"
	else
		tail -n 15 "$state/said" | sed 's/^/# /'
		journalctl -q -b -n 10 -u limend -u 'limen-gate*' -o cat | sed 's/^/# log: /'
		echo "not ok - $name"
	fi
	echo "# figure: $name: $((SECONDS - start)) s"
}

# within SECONDS COMMAND...: it succeeds before that.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.5
	done
}

# setting NAME VALUE: in the configuration, where it stands once, or in the section of
# limend, if that comes first.
setting() {
	sed -i "0,/^$1 = .*/s//$1 = $2/" "$settings"
}

# answers BACKEND: limend scores a pair with it.
answers() {
	limen compare --json --backend service "$state/a" "$state/b" | tee "$state/answer" |
		grep -q "\"backend\": *\"$1\""
}

nothing_failed() {
	systemctl --failed --no-legend --plain | tee /dev/stderr | grep -c . | grep -qx 0
}
