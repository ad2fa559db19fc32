#!/usr/bin/env bash
# Look a live table over: status, encryption, recovery, stream, indexes, size, metrics; with what to do about it.
#
# Usage: scripts/validate-table.sh TABLE
#
# Exit status: 0 all well, 1 something is wrong, 3 warnings (with STRICT=1).
#
# Example: scripts/validate-table.sh users
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
args "$@"
((${#words[@]} == 1)) || usage "$0" "a table is needed"

title "Validate ${words[0]}"
prepare
strict=()
[[ ${STRICT:-} != 1 ]] || strict+=(--strict)
exec "${dynaops[@]}" validate "${words[0]}" --live "${strict[@]}"
