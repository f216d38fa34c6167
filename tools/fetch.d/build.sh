# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A kernel that finds faults: Debian's linux-source, with guest-kernel.config and
# one more on top of tinyconfig, built into a tree of the same shape as the fetched
# kernel. Source, configuration, compiler and scripts name it; "current" points at
# the one that fits. It takes minutes; ccache is used if there.

# shellcheck source=tools/fetch.d/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

package=linux-source-6.12
steps=$LIMEN_ROOT/tools/fetch.d
name=${0##*/}
configs=("$steps/guest-kernel.config" "$steps/$name.config")
trees=$LIMEN_CACHE/$name

# use KEY: "current" is the tree of this key; older ones go.
use() {
	local tree
	ln -sfn "$1" "$scratch/current"
	mv -T "$scratch/current" "$trees/current"
	for tree in "$trees"/*; do
		case ${tree##*/} in "$1" | current) ;; *) rm -rf -- "$tree" ;; esac
	done
}

# unpack DIR: the source, without the manuals.
unpack() {
	mkdir "$1"
	dpkg-deb --fsys-tarfile "$deb_file" |
		tar -xO "./usr/src/$package.tar.xz" |
		tar -xJ -C "$1" --strip-components=1 \
			--exclude="$package/Documentation/*/*"
}

# configure: every line of the configuration holds in the end, or it is wrong.
configure() {
	local line lost=
	make -s tinyconfig
	scripts/kconfig/merge_config.sh -m .config "${configs[@]}"
	make -s olddefconfig
	while IFS= read -r line; do
		case $line in
		CONFIG_*) grep -qxF -- "$line" .config || lost+=" $line" ;;
		'# CONFIG_'*' is not set')
			line=${line#\# }
			! grep -q "^${line%% *}=" .config || lost+=" ${line%% *}=n"
			;;
		esac
	done < <(cat "${configs[@]}")
	[ -z "$lost" ] || die "Kconfig does not take$lost"
}

# install_tree DIR: kernel, modules and headers, as Debian's packages lay them out.
install_tree() {
	local release headers
	release=$(make -s kernelrelease)
	headers=usr/src/linux-headers-$release
	mkdir -p "$1/boot" "$1/usr/lib"
	cp arch/x86/boot/bzImage "$1/boot/vmlinuz-$release"
	cp .config "$1/boot/config-$release"
	make -s modules_install INSTALL_MOD_PATH="$1"
	ln -s ../../lib/modules "$1/usr/lib/modules"
	# shellcheck disable=SC2016 # make expands it
	make -s run-command \
		KBUILD_RUN_COMMAND='sh $(srctree)/scripts/package/install-extmod-build '"$1/$headers"
	ln -sfn "../../../$headers" "$1/lib/modules/$release/build"
	echo "$release" >"$1/release"
}

# build [WORD...]: all that happens in the source, for one log; words are make's.
build() {
	cd "$scratch/source"
	! declare -F prepare >/dev/null || prepare
	configure
	make -s -j"$(nproc)" "$@" bzImage modules
	install_tree "$scratch/tree"
}

# kernel_build [WORD...]: the tree, unless it is there; words are make's. The script that
# calls this may have a function "prepare", which changes the source.
kernel_build() {
	local manifest=$LIMEN_CACHE/linux-source/manifest version key
	[ -e "$manifest" ] ||
		die "the source's version is that of its scripts: run tools/fetch linux-source"
	version=$(awk -v p="$package" '$1 == p { print $2 }' "$manifest")
	key=$({ echo "$version"; gcc --version | head -n 1
		cat "${configs[@]}" "$0" "$steps/build.sh"; } | sha256sum | cut -c 1-12)
	mkdir -p "$trees"
	# Nobody waits for somebody else's build only to find that all is there.
	if [ "$(readlink "$trees/current")" = "$key" ] && present "$trees/$key"; then
		return
	fi
	scratch_begin
	if present "$trees/$key"; then
		use "$key"
		return
	fi

	APT_CONFIG=$(kernel_apt)
	export APT_CONFIG
	[ -n "$(deb_field "$package" "$version" SHA256)" ] ||
		die "$package $version has left the Debian archive: remove $LIMEN_CACHE/linux-source and $LIMEN_CACHE/kernel, then fetch again"
	deb_get "$package" "$version"
	unpack "$scratch/source"
	rm -f "$deb_file"

	# Time and place of the build are nobody's business and would defeat ccache.
	export KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=limen KBUILD_BUILD_HOST=limen
	if command -v ccache >/dev/null; then
		set -- 'CC=ccache gcc' "$@"
	else
		set -- CC=gcc "$@"
	fi
	say "building it (minutes)"
	SECONDS=0
	# In the background, because what stands before || goes on after errors.
	build "$@" >"$scratch/build.log" 2>&1 &
	wait "$!" || {
		tail -n 30 "$scratch/build.log" >&2
		die "the $name does not build: see above"
	}
	publish "$scratch/tree" "$trees/$key"
	use "$key"
	say "built $(cat "$trees/$key/release") in $trees/$key ($SECONDS s)"
}
