#!/usr/bin/env bash
# Back a table up on demand, and wait until the backup can be used.
#
# Usage: scripts/backup-table.sh [--yes] TABLE [BACKUP-NAME]
#
# Example: scripts/backup-table.sh users before-migration
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
args "$@"
((${#words[@]} == 1 || ${#words[@]} == 2)) || usage "$0" "a table is needed, and at most a name for the backup"
table=${words[0]}
name=${words[1]:-backup-$(date -u +%Y%m%d-%H%M%S)}

title "Back up $table as $name"
prepare
ask "Make this backup?"
"${dynaops[@]}" backup create "$table" --name "$name" --wait --yes || fail "There is no backup: see above."
"${dynaops[@]}" backup list "$table"
ok "Backed up."
