# What the operational scripts share: how they speak, and what they check before they do anything.
# shellcheck shell=bash

set -euo pipefail

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' plain=$'\e[0m'
else
  bold='' red='' green='' yellow='' plain=''
fi

title() { printf '%s\n' "${bold}$*${plain}"; }
ok() { printf '%s\n' "${green}[ok]${plain} $*"; }
note() { printf '%s\n' "${yellow}[..]${plain} $*"; }
fail() {
  printf '%s\n' "${red}[error]${plain} $*" >&2
  exit 1
}

# The script's own first comment is its help.
help_of() {
  sed -n '2,/^[^#]/{ s/^# \{0,1\}//p; }' "$1"
}

# usage SCRIPT MESSAGE...: wrong arguments, told with the help.
usage() {
  local script=$1
  shift
  printf '%s\n\n' "${red}[error]${plain} $*" >&2
  help_of "$script" >&2
  exit 2
}

# ask QUESTION: yes, or the script is over. With --yes (yes=1) nobody is asked; without a terminal nobody can be.
ask() {
  local answer
  [[ ${yes:-} == 1 ]] && return 0
  [[ -t 0 ]] || fail "$1 There is no terminal to ask at: add --yes."
  read -r -p "${yellow}$1 [y/N]${plain} " answer
  [[ $answer == [Yy]* ]] || { note "Nothing was changed."; exit 0; }
}

# The dynaops to use: $DYNAOPS, the one on PATH, or the one of this checkout.
find_dynaops() {
  local beside
  beside=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.venv/bin/dynaops
  if [[ -n ${DYNAOPS:-} ]]; then
    read -r -a dynaops <<<"$DYNAOPS"
  elif command -v dynaops >/dev/null; then
    dynaops=(dynaops)
  elif [[ -x $beside ]]; then
    dynaops=("$beside")
  else
    fail "dynaops is not installed: pip install dynaops, or run scripts/setup here."
  fi
}

# dynaops and credentials, before anything is touched. AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL are heeded.
prepare() {
  find_dynaops
  "${dynaops[@]}" whoami || fail "AWS cannot be used as things are: see above."
}

# args ARGUMENT...: sets yes and the array words; -h prints the help.
args() {
  yes='' words=()
  local one
  for one in "$@"; do
    case $one in
      -h | --help)
        help_of "$0"
        exit 0
        ;;
      -y | --yes) yes=1 ;;
      -*) usage "$0" "unknown option: $one" ;;
      *) words+=("$one") ;;
    esac
  done
}
