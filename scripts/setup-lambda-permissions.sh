#!/usr/bin/env bash
# Let Lambda functions use a table: one least-privilege policy on the role of each. Running it again changes nothing.
#
# Usage: scripts/setup-lambda-permissions.sh [--yes] TABLE FUNCTION[,FUNCTION...] [FUNCTION...]
#
# What was set up is also written to lambda-permissions-TABLE-TIME.json.
#
# Example: scripts/setup-lambda-permissions.sh users "signup,profile,cleanup"
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
args "$@"
((${#words[@]} >= 2)) || usage "$0" "a table and at least one function are needed"
table=${words[0]}
functions=()
for one in "${words[@]:1}"; do
  IFS=, read -r -a several <<<"$one"
  for name in "${several[@]}"; do
    name=${name//[[:space:]]/}
    [[ -z $name ]] || functions+=("$name")
  done
done
((${#functions[@]})) || usage "$0" "no function is named"

title "Let ${functions[*]} use $table"
prepare
file=lambda-permissions-$table-$(date -u +%Y%m%d-%H%M%S).json
if [[ $yes != 1 && -t 0 ]]; then
  "${dynaops[@]}" grant "$table" "${functions[@]}" --out "$file"
else
  "${dynaops[@]}" grant "$table" "${functions[@]}" --out "$file" ${yes:+--yes}
fi
[[ ! -e $file ]] || ok "The configuration is in $file."
