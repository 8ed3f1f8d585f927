#!/bin/sh
# What many waiting mailboxes cost, and what one of them feels of the others; see idle.py, which gets the arguments.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)

cmake -S "$top" -B "$top/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMAILBOUNCED_TESTS=OFF \
	-DMAILBOUNCED_BENCH=ON >/dev/null
cmake --build "$top/build/bench" --target mailbounced bouncectl >/dev/null
exec /usr/bin/python3 -B "$top/bench/idle.py" "$top/build/bench/bin" "$@"
