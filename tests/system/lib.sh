# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the parts of the suite "system" share: TAP with what each test costs, and what is
# kept in the cache for as long as nothing that it is made of changes.

# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

failed=0
said=$(mktemp)
trap 'rm -f -- "$said"' EXIT

# result NAME COMMAND...: a line of TAP.
result() {
	local name=$1 start=$SECONDS
	shift
	if "$@" >"$said" 2>&1; then
		echo "ok - $name"
	else
		tail -n 20 "$said" | sed 's/^/# /'
		echo "not ok - $name"
		failed=1
	fi
	echo "# figure: $name: $((SECONDS - start)) s"
}

# kept FOLDER KEY: it is there, and made of just that.
kept() {
	[ "$(cat "$1/key" 2>/dev/null)" = "$2" ]
}

# keep FOLDER DEST KEY: unless a test of it failed.
keep() {
	[ "$failed" -eq 0 ] || return 0
	echo "$3" >"$1/key"
	rm -rf -- "$2"
	mv -T "$1" "$2"
}
