#!/bin/sh
# What a pipeline runs, with no terminal. It stops at the first command that fails, with that command's exit code.
#
#   pipeline.sh review ENVIRONMENT [OPTION...]   plans, keeps the plan and what a reviewer reads; prints the digest
#   pipeline.sh deploy ENVIRONMENT DIGEST        applies the reviewed plan, and checks that nothing is left to do
#   pipeline.sh watch ENVIRONMENT                looks for what was changed by hand
set -eu

job=$1
environment=$2
shift 2
mkdir -p artifacts
plan=artifacts/$environment.plan

case $job in
review)
  dynaops validate -E "$environment" --format github
  dynaops plan -E "$environment" --out "$plan" --markdown "artifacts/$environment.md" "$@"
  sha256sum "$plan" | cut -d ' ' -f 1 > "artifacts/$environment.sha256"
  ;;
deploy)
  dynaops apply "$plan" --digest "$1" --yes
  dynaops plan -E "$environment" --exit-code
  ;;
watch)
  dynaops drift -E "$environment" --exit-code
  ;;
esac
