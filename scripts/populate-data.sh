#!/usr/bin/env bash
# Fill a table from a file: JSON, JSON lines, CSV or DynamoDB JSON, packed or not. No row is dropped in silence.
#
# Usage: scripts/populate-data.sh [--yes] TABLE DATA-FILE
#
# Rows that DynamoDB would refuse go to TABLE.rejects.jsonl with their line and the reason. A load that was cut off
# is gone on with by: dynaops load-data TABLE DATA-FILE --resume
#
# Example: scripts/populate-data.sh users specs/data/users.json
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
args "$@"
((${#words[@]} == 2)) || usage "$0" "a table and a data file are needed"
table=${words[0]} file=${words[1]}
[[ -f $file ]] || fail "There is no file $file."

title "Fill $table from $file"
prepare
"${dynaops[@]}" load-data "$table" "$file" --dry-run || fail "Some rows cannot be written: see above."
ask "Write these rows?"
"${dynaops[@]}" load-data "$table" "$file" || fail "Not all rows were written: see above."
ok "Filled."
