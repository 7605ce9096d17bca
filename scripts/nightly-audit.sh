#!/usr/bin/env bash
# One audit for a timer to start: `scripts/nightly-audit.sh --help`.
set -euo pipefail

KEPT=30 # reports

usage() {
  cat <<'HELP'
Usage: nightly-audit.sh [--help] [FILE]

Runs `qtrace audit`, started by systemd, cron or a CronJob: reads only what is new, runs one audit at a time, and prints
one JSON summary on standard output, for alerts. Everything else goes to standard error.

Settings are environment variables, or lines NAME=value of FILE (conf/nightly/nightly.env is an example):
  QTRACE_ARCHIVE   folder of runs, a path or any Hadoop URI; required
  QTRACE_STATE     folder of the lock and the summary; default /var/lib/qtrace
  QTRACE_SUMMARY   where the summary is written; default $QTRACE_STATE/summary.json. Use a URI if the driver runs on
                   another machine (cluster deploy mode); standard output then names it instead of printing it.
  QTRACE_REPORTS   folder of the HTML reports, one for each audit; the last 30 in a local folder are kept. Default
                   $QTRACE_STATE/reports; none if QTRACE_SUMMARY is a URI
  QTRACE_FAIL_ON   violation (default), finding or never, as --fail-on of `qtrace audit`
  QTRACE_SUBMIT    options of spark-submit, such as: --properties-file conf/templates/postgresql.conf
  QTRACE_OPTIONS   further options of `qtrace audit`, such as: --warehouse /data/qtrace --policy /etc/qtrace/policy.yaml
  QTRACE_MAINTAIN  options of `qtrace maintain`, such as: --warehouse /data/qtrace; it runs once a week, after an audit that
                   did not fail; "never" turns it off. Default: the --warehouse of QTRACE_OPTIONS, if any
  QTRACE           the command; default: qtrace next to this script
Never put passwords into these settings: see conf/templates/.

Exit status: 0 nothing to report, 1 a finding that QTRACE_FAIL_ON selects, 2 or more error, 75 previous audit still running.
An audit that fails or is killed loses nothing: the next one completes its tables.
HELP
}

say() { printf 'nightly-audit: %s\n' "$*" >&2; }

# An audit that did not come to write its summary: one line of JSON, whole or not at all.
failed() { # STATUS REASON
  printf '{"status": %d, "error": "%s"}\n' "$1" "$2"
}

case ${1:-} in
  --help | -h)
    usage
    exit 0
    ;;
  -*)
    say "Invalid option: $1, expected --help or a file of settings"
    exit 2
    ;;
esac
if [ $# -gt 0 ]; then
  [ -r "$1" ] || { say "Cannot read settings: $1"; exit 2; }
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '' | '#'*) ;;
      QTRACE*=*) export "${line?}" ;;
      *)
        say "Invalid setting in $1: ${line%%=*}, expected QTRACE_...=value"
        exit 2
        ;;
    esac
  done <"$1"
fi

: "${QTRACE:=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/qtrace}"
: "${QTRACE_STATE:=/var/lib/qtrace}"
: "${QTRACE_FAIL_ON:=violation}"
if [ -z "${QTRACE_ARCHIVE:-}" ]; then
  say 'Invalid settings: no QTRACE_ARCHIVE, expected a folder of runs (see --help)'
  exit 2
fi
mkdir -p "$QTRACE_STATE"
summary=${QTRACE_SUMMARY:-$QTRACE_STATE/summary.json}

exec 9>"$QTRACE_STATE/lock"
if ! flock -n 9; then
  say "the audit before still runs: $QTRACE_STATE/lock is taken"
  failed 75 'the audit before still runs'
  exit 75
fi

# Last night's summary must not pass for tonight's.
case $summary in
  *://*) local= ;;
  *)
    local=$summary
    if [ -f "$local" ]; then mv -f "$local" "$local.before"; fi
    ;;
esac

# The driver may run elsewhere if the summary is a URI.
reports=${QTRACE_REPORTS:-${local:+$QTRACE_STATE/reports}}
report=()
if [ -n "$reports" ]; then
  case $reports in *://*) ;; *) mkdir -p "$reports" ;; esac
  report=(--report "$reports/report-$(date -u +%Y%m%dT%H%M%SZ).html")
fi

# Options are words: none of them may hold a blank.
read -r -a submit <<<"${QTRACE_SUBMIT:-}"
read -r -a options <<<"${QTRACE_OPTIONS:-}"
status=0
"$QTRACE" "${submit[@]}" audit --archive "$QTRACE_ARCHIVE" --fail-on "$QTRACE_FAIL_ON" --summary "$summary" --quiet \
  "${report[@]}" "${options[@]}" >/dev/null 9>&- || status=$?

if [ -n "$reports" ]; then
  all=("$reports"/report-*T*Z.html) # of a URI none
  if [ ${#all[@]} -gt "$KEPT" ]; then rm -f -- "${all[@]:0:${#all[@]}-$KEPT}"; fi
fi

if [ -z "$local" ]; then
  printf '{"status": %d, "summary": "%s"}\n' "$status" "$summary"
else
  if [ ! -f "$local" ]; then
    [ "$status" -ge 2 ] || status=2
    failed "$status" "qtrace ended with $status before it wrote a summary" >"$local.new"
    mv -f "$local.new" "$local"
  fi
  cat "$local"
fi

# Once a week, the first time a week after the first audit.
maintained=$QTRACE_STATE/maintained
maintain() {
  local words=() i
  if [ -n "${QTRACE_MAINTAIN+set}" ]; then
    read -r -a words <<<"$QTRACE_MAINTAIN"
  else
    for ((i = 0; i < ${#options[@]}; i++)); do
      case ${options[i]} in
        --warehouse) words=(--warehouse "${options[i + 1]:-}") ;;
        --warehouse=*) words=("${options[i]}") ;;
      esac
    done
  fi
  if "$QTRACE" "${submit[@]}" maintain "${words[@]}" >&2 9>&-; then
    touch "$maintained"
  else
    say 'the tables could not be maintained: tried again after the next audit'
  fi
}
if [ ! -f "$maintained" ]; then
  touch "$maintained"
elif [ "$status" -lt 2 ] && [ "${QTRACE_MAINTAIN:-}" != never ] && [ -n "$(find "$maintained" -mtime +6)" ]; then
  maintain
fi
exit "$status"
