#!/bin/sh
# What mails with large attachments cost; see large.py, which gets the arguments.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)

cmake -S "$top" -B "$top/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILBOUNCED_TESTS=OFF \
	-DMAILBOUNCED_BENCH=ON >/dev/null
cmake --build "$top/build/bench" --target mailbounced bouncectl bench_fetch_and_move >/dev/null
exec /usr/bin/python3 -B "$top/bench/large.py" "$top/build/bench/bin" "$@"
