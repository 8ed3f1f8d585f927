#!/bin/sh
# How right bouncectl is on a labelled corpus, judged by the corpus's own score.py. Skipped when no corpus is named.
# usage: MAILBOUNCED_CORPUS=DIR accuracy.sh BOUNCECTL
#
# The least that must be reached is what was reached before: raise it when it gets better, never lower it.
set -eu
corpus=${MAILBOUNCED_CORPUS:-}
if [ -z "$corpus" ]; then
	echo "MAILBOUNCED_CORPUS names no corpus"
	exit 77
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
(cd "$corpus" && "$1" classify --json . >"$out")
python3 "$corpus/score.py" "$corpus/labels.jsonl" "$out" --icase --reasons "$corpus/reasons.json" --worst 10 \
	--min-kind 0.99 --min-f1 0.99 --min-status 0.995 --min-severity 0.985 --min-right 0.975 --max-fp 0
