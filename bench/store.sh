#!/bin/sh
# Does a database of millions answer as fast as one of thousands? See store.c.
# usage: store.sh [--folder DIR] [--turns N] [--months N] [--keep] [RECIPIENTS...]
# Without numbers 10000, 100000 and 1000000. Ten million with all their months are 50 GB in DIR (build/bench when none is
# named) and take half an hour of a free processor to make; --keep leaves the databases there for the next run.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
folder=$top/build/bench
options=
while [ $# -gt 0 ]; do
	case $1 in
	--folder) folder=$2 && shift 2 ;;
	--keep) options="$options $1" && shift ;;
	--*) options="$options $1 $2" && shift 2 ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || set -- 10000 100000 1000000

cmake -S "$top" -B "$top/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILBOUNCED_TESTS=OFF \
	-DMAILBOUNCED_BENCH=ON >/dev/null
cmake --build "$top/build/bench" --target bench_store bouncectl >/dev/null
# shellcheck disable=SC2086 # the options are words of ours
exec "$top/build/bench/bin/bench_store" $options "$folder" "$top/build/bench/bin/bouncectl" "$@"
