# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A 6.12 kernel of Debian's with its headers, unpacked into the cache and never
# installed. "current" points at the one in use.

# shellcheck source=tools/fetch.d/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# kernel_release FLAVOUR: the newest; only those whose headers are still in the archive
# are of use.
kernel_release() {
	apt-cache pkgnames linux-headers-6.12 |
		sed -n "s/^linux-headers-\(6\.12\.[0-9]*+deb[0-9.]*-$1\)\$/\1/p" | newest
}

# kernel_packages RELEASE: what makes up its tree.
kernel_packages() {
	printf '%s\n' "linux-image-$1" "linux-headers-$1"
	apt-cache show "linux-headers-$1" | sed -n 's/^Depends: //p' | tr ',|' '\n' |
		sed -nE 's/^ *(linux-(headers-[^ ]*-common[^ ]*|kbuild-[^ ]*)).*/\1/p' | sort -u
}

# kernel_unpack FLAVOUR: the tree, unless it is there.
kernel_unpack() {
	local trees=$LIMEN_CACHE/${0##*/} tree release package version

	! present "$trees/current" || return 0
	scratch_begin
	! present "$trees/current" || return 0

	say "looking for the newest 6.12 kernel in the Debian archive ($1)"
	APT_CONFIG=$(kernel_apt)
	export APT_CONFIG
	release=$(kernel_release "$1")
	[ -n "$release" ] || die "no 6.12 kernel with headers in the Debian archive ($1)"

	tree=$scratch/tree
	mkdir "$tree"
	for package in $(kernel_packages "$release"); do
		version=$(apt-cache show "$package" | sed -n 's/^Version: //p' | newest)
		[ -n "$version" ] || die "$package is not in the Debian archive: try again later"
		deb_get "$package" "$version"
		dpkg-deb -x "$deb_file" "$tree"
		rm -f "$deb_file"
	done

	# Debian 12 packs /lib/modules, Debian 13 /usr/lib/modules: both names work.
	mkdir -p "$tree/lib" "$tree/usr/lib"
	if [ -d "$tree/lib/modules" ]; then
		ln -s ../../lib/modules "$tree/usr/lib/modules"
	else
		ln -s ../usr/lib/modules "$tree/lib/modules"
	fi

	"$LIMEN_ROOT/tools/relocate-headers" "$tree" "$release"
	say "indexing the modules of $release"
	depmod -b "$tree" "$release"
	rm -rf "${tree:?}/usr/share" "${tree:?}/etc"
	echo "$release" >"$tree/release"

	publish "$tree" "$trees/$release"
	ln -sfn "$release" "$scratch/current"
	mv -T "$scratch/current" "$trees/current"
}
