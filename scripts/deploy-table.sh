#!/usr/bin/env bash
# Deploy a table and everything around it: checks the spec, shows the plan, asks, applies, prints the outputs.
#
# Usage: scripts/deploy-table.sh [--yes] [ENVIRONMENT] [CONFIG-FILE]
#
#   ENVIRONMENT  names the state and the variable ${var.environment} of specs (default: dev)
#   CONFIG-FILE  a spec, a folder of specs, or the .tfvars of a Terraform module (default: specs)
#
# Steps that lose a table, an index or a store need ALLOW_DESTROY=1 or ALLOW_REPLACE=1.
# The state lives in .dynaops/ENVIRONMENT/state.json, or, with STATE_BUCKET set, in
# s3://STATE_BUCKET/dynamodb/ENVIRONMENT/state.json. Outputs are also written to outputs-ENVIRONMENT-TIME.json.
#
# Example: scripts/deploy-table.sh production specs/table-with-lambda.yaml
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
args "$@"
((${#words[@]} <= 2)) || usage "$0" "too many arguments"
environment=${words[0]:-dev}
config=${words[1]:-specs}
[[ $environment =~ ^[A-Za-z0-9_.-]+$ ]] || usage "$0" "an environment is named with letters, digits, '_', '.' and '-'"
[[ -e $config ]] || fail "There is no $config."

title "Deploy $config ($environment)"
prepare
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ $config == *.tfvars ]]; then
  "${dynaops[@]}" convert "$config" --out "$work/specs"
  config=$work/specs
fi
if [[ -n ${STATE_BUCKET:-${TF_STATE_BUCKET:-}} ]]; then
  state=s3://${STATE_BUCKET:-$TF_STATE_BUCKET}/dynamodb/$environment/state.json
else
  state=.dynaops/$environment/state.json
fi
run=("${dynaops[@]}" --state "$state")
specs=("$config" --var "environment=$environment")

"${run[@]}" validate "${specs[@]}" || fail "The spec is not valid: see above."
ok "The spec is valid."
status=0
"${run[@]}" plan "${specs[@]}" --out "$work/plan" --exit-code || status=$?
case $status in
  0) ok "Nothing to do." ;;
  2)
    ask "Carry this out?"
    allow=()
    [[ ${ALLOW_DESTROY:-} != 1 ]] || allow+=(--allow-destroy)
    [[ ${ALLOW_REPLACE:-} != 1 ]] || allow+=(--allow-replace)
    "${run[@]}" apply "$work/plan" --yes "${allow[@]}" || fail "Not all was done. Run this again to go on where it stands."
    ok "Deployed."
    ;;
  *) fail "The plan failed: see above." ;;
esac
outputs=outputs-$environment-$(date -u +%Y%m%d-%H%M%S).json
"${run[@]}" output --json >"$outputs"
"${run[@]}" output
ok "Outputs are in $outputs."
