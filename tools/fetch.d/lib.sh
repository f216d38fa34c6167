# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034 # the steps use what is set here
# What every step of tools/fetch needs: a scratch folder that never survives,
# verification, and publication by rename.

# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

scratch=
deb_file=
npm_file=

# scratch_begin: a folder beside the final place, removed whatever happens.
# Two runs at once would download everything twice, so the second waits.
scratch_begin() {
	mkdir -p "$LIMEN_CACHE"
	exec 9>"$LIMEN_CACHE/.lock"
	flock 9
	scratch=$(mktemp -d "$LIMEN_CACHE/.fetch.XXXXXX")
	trap 'rm -rf -- "$scratch"' EXIT
	trap 'exit 130' INT TERM HUP
}

# present DIR: true (and says so) if DIR was fetched and verified before.
present() {
	[ -e "$1/manifest" ] || return 1
	say "have $(sed -n '1s/ [0-9a-f]*$//p' "$1/manifest") in $1"
}

# verify FILE SHA256 NAME VERSION: refuse any other content, note the right one
# in the manifest.
verify() {
	local sum
	sum=$(sha256_of "$1")
	[ "$sum" = "$2" ] ||
		die "$3 $4: sha256 is $sum, expected $2; nothing kept, try again"
	say "$3 $4 sha256 $2"
	echo "$3 $4 $2" >>"$scratch/manifest"
}

# publish DIR DEST: give DIR, inside the scratch folder, its final name.
publish() {
	mkdir -p "$(dirname "$2")"
	mv "$scratch/manifest" "$1/manifest"
	rm -rf -- "$2"
	mv -T "$1" "$2"
}

# newest: of the Debian versions on standard input, the highest.
newest() {
	local best='' version
	while read -r version; do
		if [ -z "$best" ] || dpkg --compare-versions "$version" gt "$best"; then
			best=$version
		fi
	done
	printf '%s\n' "$best"
}

# kernel_apt: the private apt configuration that knows a 6.12 kernel.
kernel_apt() {
	case $(debian_release) in
	bookworm) "$LIMEN_ROOT/tools/apt-private" "$scratch/apt" deb bookworm-backports ;;
	trixie)
		"$LIMEN_ROOT/tools/apt-private" "$scratch/apt" deb \
			trixie trixie-updates trixie-security
		;;
	esac
}

# deb_field PACKAGE VERSION FIELD: from the signed index.
deb_field() {
	apt-cache show "$1=$2" | awk -v f="$3:" '$1 == f && !n++ { print $2 }'
}

# deb_get PACKAGE VERSION: download into the scratch folder, verify against the
# signed index, print nothing but progress; the file is left in $deb_file.
deb_get() {
	local before=("$scratch"/*.deb)
	[ ! -e "${before[0]}" ] || rm -f -- "${before[@]}"
	say "downloading $1 $2 ($(($(deb_field "$1" "$2" Size) / 1048576 + 1)) MiB)"
	(cd "$scratch" && apt-get -qq download "$1=$2") >"$scratch/log" 2>&1 ||
		die "cannot download $1 $2: $(grep -m1 -E '^[EW]:' "$scratch/log" || echo 'no reason given'); try again"
	deb_file=$(echo "$scratch"/*.deb)
	verify "$deb_file" "$(deb_field "$1" "$2" SHA256)" "$1" "$2"
}

# debs_get PACKAGE=VERSION...: the same for many, all left in the scratch folder.
debs_get() {
	local deb name version arch sum
	say "downloading $# packages ($(($(apt-cache show "$@" |
		awk '$1 == "Size:" { s += $2 } END { print s }') / 1048576 + 1)) MiB)"
	(cd "$scratch" && apt-get -qq download "$@") >"$scratch/log" 2>&1 ||
		die "cannot download $*: $(grep -m1 -E '^[EW]:' "$scratch/log" || echo 'no reason given'); try again"
	while read -r name version arch sum; do
		verify "$scratch/${name}_${version//:/%3a}_$arch.deb" "$sum" \
			"$name" "$version"
	done < <(apt-cache show "$@" | awk '
		{ field[$1] = $2 }
		$1 == "SHA256:" {
			print field["Package:"], field["Version:"],
			      field["Architecture:"], $2
		}')
}

# npm_get PACKAGE VERSION SHA256 MIB: download from the npm registry into the scratch folder,
# and verify; the archive is left in $npm_file.
npm_get() {
	command -v npm >/dev/null || die "npm is missing: run tools/deps"
	say "downloading $1 $2 from the npm registry ($4 MiB)"
	(cd "$scratch" && npm pack --silent --ignore-scripts --cache "$scratch/npm" \
		--fetch-retries 2 --fetch-retry-mintimeout 1000 "$1@$2") >"$scratch/log" 2>&1 ||
		die "cannot download $1 $2 from the npm registry $(npm config get registry 2>/dev/null): try again"
	npm_file=$scratch/$1-$2.tgz
	verify "$npm_file" "$3" "$1" "$2"
}
