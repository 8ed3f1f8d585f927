#!/bin/sh
# HACKING.md's map names every source file, and no file that is not there.
# usage: map.sh SOURCE_DIR
set -eu
cd "$1"

wrong=0
for file in lib/*.c lib/mta/*.c lib/*.def daemon/*.c; do
	grep -q "^| $file |" HACKING.md || {
		echo "HACKING.md: the map lacks $file"
		wrong=1
	}
done
for file in $(sed -n 's/^| \([a-z\/]*\/[a-z_0-9]*\.[a-z]*\) |.*/\1/p' HACKING.md); do
	[ -f "$file" ] || {
		echo "HACKING.md: the map names $file, which is not there"
		wrong=1
	}
done
exit $wrong
