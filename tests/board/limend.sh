#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the tests of limend on emulated boards share; to be sourced, with the build folder
# as argument. Prints KTAP.

# Most functions are called by result(), and some variables are for who sources this.
# shellcheck disable=SC2317,SC2034

set -u
user=${1:-build/user}/userspace
emulation=/sys/kernel/debug/limen_emu
driver=/sys/bus/platform/drivers/limen_emu
work=$(mktemp -d)
# Milliseconds that a comparison may take.
timeout=10000
number=0
status=0

# result NAME CONDITION...: a line of KTAP.
result() {
	local name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
		sed 's/^/# /' "$work/last" "$work/log"
		status=1
	fi
}

# scores FILE: the scores in it, raw and similarity, one a line.
scores() {
	sed -nE 's/.*"(raw|similarity_integer)": *(-?[0-9]+),.*/\2/p' "$1" | paste - -
}

# compares BACKEND SCORE: limend scores the pair, and with that backend.
compares() {
	"$user/cli/limen" compare --config "$work/conf" --json \
		--backend service "$work/a" "$work/b" >"$work/last" 2>&1 &&
		grep -q "\"backend\": *\"$1\"" "$work/last" &&
		[ "$(scores "$work/last")" = "$2" ]
}

# settles BACKEND: within five seconds, limend uses it.
settles() {
	local attempt
	for attempt in $(seq 50); do
		"$user/cli/limen" status --json --config "$work/conf" \
			>"$work/last" 2>&1 || true
		! grep -q "\"backend\": *\"$1\"" "$work/last" || return 0
		sleep 0.1
	done
	echo "no $1 after $attempt attempts" >>"$work/last"
	return 1
}

# template FILE BYTE: 128 components that count up from BYTE.
template() {
	{
		printf 'LMTP\1\0\200\0\0\0\0\0\0\0\0\0'
		head -c 48 /dev/zero
		for component in $(seq 128); do
			# shellcheck disable=SC2059 # it is the byte to print
			printf "\\x$(printf %02x $((($2 + component * component) % 256)))"
		done
	} >"$1"
}

# What the CPU says, without limend.
cpu_score() {
	"$user/cli/limen" compare --config "$work/conf" --json \
		--backend cpu "$work/a" "$work/b" >"$work/last"
	scores "$work/last"
}

# end: limend, and well.
end() {
	kill -TERM "$limend"
	wait "$limend"
}

# start LINE...: limend, with these lines in its section of the configuration.
start() {
	{
		printf '[policy]\nthreshold = 0.4\n'
		printf '[service]\nsocket = %s/s\ntimeout = %s\n' "$work" "$timeout"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$work/conf"
	"$user/limend/limend" --config "$work/conf" 2>"$work/log" &
	limend=$!
}

# start_anew LINE...: another one, on the board.
start_anew() {
	end
	start "$@"
	settles board
}

# client NUMBER: three comparisons, one after the other.
client() {
	for _ in 1 2 3; do
		"$user/cli/limen" compare --config "$work/conf" --json \
			--backend service "$work/a" "$work/b"
	done >"$work/client.$1" 2>&1
}

# says WORDS: limend's log does, once.
says() {
	[ "$(grep -c "$1" "$work/log")" -eq 1 ]
}
