# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A Debian system of $release on a disk of its own, in which packages are installed as a gate
# builder does, and the modules built by DKMS, here, where compiling is fast.

# Most functions are called by result(); dpkg expands what looks like variables.
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/system/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$LIMEN_ROOT"
# Mounts end with it, however it ends.
[ -n "${LIMEN_MOUNTS:-}" ] || LIMEN_MOUNTS=own exec unshare --mount "$0" "$@"
release=$1
base=$LIMEN_CACHE/system-$release

# inside COMMAND...: in the system, which is not booted.
inside() {
	chroot "$root" env DEBIAN_FRONTEND=noninteractive HOME=/root "$@"
}

# begin FOLDER: a disk in it, mounted: tens of thousands of files need neither be copied nor
# removed.
begin() {
	out=$1
	root=$out/root
	rm -rf --one-file-system "$out"
	mkdir -p "$root"
	mke2fs -q -t ext4 -d "$base" "$out/disk" 4G >/dev/null
	mount -o loop "$out/disk" "$root"
	mount -t proc proc "$root/proc"
	mount --bind /dev/null "$root/dev/null"
}

# finish: once nothing runs there any more; DKMS leaves somebody behind who sleeps for
# some seconds.
finish() {
	local mount waited
	for mount in "$root/proc" "$root/dev/null" "$root"; do
		for ((waited = 0; waited < 60; waited++)); do
			! umount "$mount" 2>/dev/null || break
			sleep 0.5
		done
		! mountpoint -q "$mount" || die "$mount is in use"
	done
	rmdir "$root"
}

# install_packages WHICH: of this version or the one before.
install_packages() {
	mkdir -p "$root/packages-$1"
	cp "$LIMEN_CACHE/system-$release-$1"/*.deb "$root/packages-$1"
	inside sh -c "apt-get install -qy --allow-downgrades /packages-$1/*.deb"
	rm -rf "$root/packages-$1"
}

# modules_are_built: for kernels from 6.12 on, and for no other.
modules_are_built() {
	local kernel built
	for kernel in "$root"/lib/modules/*; do
		built=$(find "$kernel" -name 'limen*.ko*' | wc -l)
		case ${kernel##*/} in
		6.1.*) [ "$built" -eq 0 ] ;;
		*) [ "$built" -eq 2 ] ;;
		esac || { echo "$kernel has $built modules" && return 1; }
	done
}

all_configured() {
	! inside dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | grep -v '^ii '
}

# kernels_configure: as at an upgrade of each kernel, at which DKMS is called.
kernels_configure() {
	local kernel
	for kernel in "$root"/lib/modules/*; do
		inside dpkg-reconfigure "linux-image-${kernel##*/}" &&
			inside dpkg-reconfigure "linux-headers-${kernel##*/}" || return
	done
	all_configured && modules_are_built
}
