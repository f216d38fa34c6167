# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A Debian system to install the packages in, of the suite that the step's name ends with:
# its init, its kernels, what DKMS builds and signs modules with, what the packages depend
# on, and socat, for the tests. Beside it, in NAME-build, the same system with what the
# packages are built with.

# shellcheck source=tools/fetch.d/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${0##*/}
suite=${name#system-}
here=$LIMEN_CACHE/$name
hooks=()
packages=(systemd-sysv udev dbus kmod dkms make gcc libc6-dev zstd openssl
	linux-image-amd64 linux-headers-amd64
	socat libdrm2 libinih1 libjpeg62-turbo libjson-c5 libudev1 ocl-icd-libopencl1)

# make_system SUITE...: besides SUITE itself, those that updates and newer kernels are in.
make_system() {
	local config
	config=$("$LIMEN_ROOT/tools/apt-private" "$scratch/apt" deb "$suite" "$@")
	grep '^Acquire::' "$config" >"$scratch/options" || true
	say "making a system of Debian $suite (some minutes)"
	# Its mounts end with it. Hooks are given the system's folder.
	# shellcheck disable=SC2016
	unshare --mount mmdebstrap --mode=root --variant=apt \
		--include="$(IFS=,; echo "${packages[*]}")" \
		--aptopt="$scratch/options" --aptopt='APT::Install-Recommends "false"' \
		--dpkgopt=force-unsafe-io "${hooks[@]}" --customize-hook='chroot "$1" apt-get clean' \
		"$suite" "$scratch/system" "$scratch/apt/sources.list" >"$scratch/log" 2>&1 || {
		tail -n 5 "$scratch/log" >&2
		die "mmdebstrap failed"
	}
	chroot "$scratch/system" dpkg-query -W >"$scratch/system/packages"
	echo "system $suite $(sha256_of "$scratch/system/packages")" >>"$scratch/manifest"
	publish "$scratch/system" "$here"
}

# build_depends: of debian/control, without npm: the models are fetched outside.
build_depends() {
	sed '/^$/q; /^ *npm,$/d' "$LIMEN_ROOT/debian/control"
}

make_build() {
	local build=$scratch/build
	say "installing what packages are built with"
	cp -a --reflink=auto "$here" "$build"
	rm "$build/manifest"
	mkdir -p "$build/limen" "$scratch/source/debian"
	build_depends >"$scratch/source/debian/control"
	"$LIMEN_ROOT/tools/enter-root" "$build" "$scratch/source" \
		env DEBIAN_FRONTEND=noninteractive sh -ec '
		apt-get -qy update
		apt-get -qy build-dep /limen
		apt-get clean' >"$scratch/log" 2>&1 || {
		tail -n 5 "$scratch/log" >&2
		die "what packages are built with cannot be installed"
	}
	echo "system $suite-build $(build_depends | sha256sum | cut -c -64)" >>"$scratch/manifest"
	publish "$build" "$here-build"
}

# build_is_there: and has what debian/control says today.
build_is_there() {
	grep -qs "$(build_depends | sha256sum | cut -c -64)" "$here-build/manifest" &&
		present "$here-build"
}

# system_make SUITE...: with the packages and hooks that the step has named.
system_make() {
	present "$here" && build_is_there && return
	scratch_begin
	[ "$(id -u)" -eq 0 ] || die "a system can be made by root alone: run as root"
	present "$here" || make_system "$@"
	build_is_there || make_build
}
