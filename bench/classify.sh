#!/bin/sh
# How fast mails become verdicts, beside other programs in the same run on the same mails.
# usage: classify.sh DIR...     (folders with .eml files; tests/golden when none is named)
# The others come from the packages python3-flufl.bounce and libsisimai-perl; what is not there is left out.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
seconds=5
[ $# -gt 0 ] || set -- "$top/tests/golden"

cmake -S "$top" -B "$top/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILBOUNCED_TESTS=OFF \
	-DMAILBOUNCED_BENCH=ON >/dev/null
cmake --build "$top/build/bench" --target bench_classify >/dev/null

out=$(mktemp)
trap 'rm -f "$out"' EXIT
taskset -c 0 "$top/build/bench/bin/bench_classify" --seconds "$seconds" --mails 1000000 "$@" | tee "$out"
ours=$(sed -n 's/^report and verdicts *\([0-9]*\).*/\1/p' "$out")

compare() {
	name=$1
	shift
	if ! answer=$(taskset -c 0 "$@" 2>/dev/null); then
		echo "$name: not installed, left out"
		return
	fi
	rate=${answer% *}
	echo "$name: $rate mails/s (${answer#* } mails made it stop); ours is $((ours / rate)) times that"
}
compare flufl.bounce /usr/bin/python3 "$top/bench/scan_with_flufl.py" "$seconds" "$@"
compare Sisimai perl "$top/bench/scan_with_sisimai.pl" "$seconds" "$@"
