# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Common words of the tools: where things lie and how they speak.

set -euo pipefail

# depmod and modprobe are of use to ordinary users too.
PATH=$PATH:/usr/sbin:/sbin
LIMEN_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
LIMEN_CACHE=${LIMEN_CACHE:-$HOME/.cache/limen}
LIMEN_BUILD=$LIMEN_ROOT/build
export LIMEN_ROOT LIMEN_CACHE LIMEN_BUILD

# say TEXT...: one line of progress.
say() {
	printf '%s: %s\n' "${0##*/}" "$*"
}

# die TEXT...: one line that says what is wrong and what to do, then failure.
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# sha256_of FILE: its checksum in hexadecimal.
sha256_of() {
	local sum
	sum=$(sha256sum -- "$1")
	printf '%s\n' "${sum%% *}"
}

# kernel_tree: the unpacked kernel (boot/, lib/modules/, usr/src/) in use.
# KERNEL_TREE replaces it by another of the same shape, such as a debug kernel.
kernel_tree() {
	local tree=${KERNEL_TREE:-$LIMEN_CACHE/kernel/current}
	[ -e "$tree/release" ] ||
		die "no kernel in $tree: run tools/fetch kernel"
	realpath -- "$tree"
}

# debian_release: VERSION_CODENAME of this machine, refused if unsupported.
debian_release() {
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
	case $codename in
	bookworm | trixie) printf '%s\n' "$codename" ;;
	*) die "needs Debian 12 (bookworm) or 13 (trixie), this is '${codename:-unknown}'" ;;
	esac
}
