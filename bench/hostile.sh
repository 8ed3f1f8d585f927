#!/bin/sh
# Is time linear in the size of any mail? Named shapes at up to 48 MB, then every filler in every place at up to 1 MB.
# usage: hostile.sh
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)

cmake -S "$top" -B "$top/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILBOUNCED_TESTS=OFF \
	-DMAILBOUNCED_BENCH=ON >/dev/null
cmake --build "$top/build/bench" --target bench_hostile >/dev/null
steep=0
"$top/build/bench/bin/bench_hostile" || steep=1
"$top/build/bench/bin/bench_hostile" --pairs --bytes 1000000 || steep=1
exit $steep
