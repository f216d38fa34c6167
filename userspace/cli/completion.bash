# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of limen for bash: commands, their own commands and options, as limen and
# its --help tell them, and files.

# _limen_words HELP: the commands that it lists.
_limen_words() {
	sed -nE 's/^  ([a-z]+)  +.*/\1/p; s/^(Usage:|      ) limen [a-z]+ ([a-z]+) .*/\2/p' <<<"$1"
}

_limen() {
	local word=${COMP_WORDS[COMP_CWORD]} help words=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$(_limen_words "$("${COMP_WORDS[0]}" --help 2>/dev/null)") --help --version"
	else
		help=$("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" --help 2>/dev/null)
		case $word in
		-*) words=$(grep -oE -- '--[a-z-]+' <<<"$help" | sort -u) ;;
		*) [ "$COMP_CWORD" -ne 2 ] || words=$(_limen_words "$help") ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -o default -F _limen limen
