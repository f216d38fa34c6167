# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside this one: from Verilog to a bitstream. All files are in $out.

# shellcheck source=tools/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../../tools/lib.sh"

cd "$LIMEN_ROOT/firmware/fpga" || exit
out=$LIMEN_BUILD/gateware/pnr
mkdir -p "$out"

# synthesise NETLIST TOP FILES [PARAMETER VALUE]...: unless the netlist is newer than all
# source.
synthesise() {
	local netlist=$1 top=$2 files=$3
	shift 3
	[ -z "$(find rtl pnr selftest -newer "$out/$netlist.json" -name '*.v' 2>&1)" ] && return
	yosys -q -l "$out/$netlist.yosys" -p "
		read_verilog $files $(echo rtl/*.v)
		hierarchy -top $top $(printf ' -chparam %s %s' "$@")
		synth_ecp5 -abc9 -top $top -json $out/$netlist.json" >"$out/$netlist.log" 2>&1 ||
		die "yosys failed: $out/$netlist.log"
}

# route NETLIST NAME OPTION...: places and routes it, and packs the bitstream NAME.bit.
route() {
	local netlist=$1 name=$2
	shift 2
	"$LIMEN_ROOT/tools/enter-root" "$LIMEN_CACHE/nextpnr" "$out" nextpnr-ecp5 \
		--json "/limen/$netlist.json" --textcfg "/limen/$name.config" "$@" \
		>"$out/$name.log" 2>&1 || die "nextpnr failed: $out/$name.log"
	"$LIMEN_ROOT/tools/enter-root" "$LIMEN_CACHE/nextpnr" "$out" ecppack \
		"/limen/$name.config" "/limen/$name.bit" >>"$out/$name.log" 2>&1 ||
		die "ecppack failed: $out/$name.log"
}

# reached NAME: the frequency in MHz that nextpnr found.
reached() {
	sed -nE 's/.*Max frequency for clock.*: ([0-9.]+) MHz.*/\1/p' "$out/$1.log" |
		tail -n 1
}
