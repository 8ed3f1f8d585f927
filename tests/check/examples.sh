#!/bin/sh
# Every example in etc/examples is a configuration that the daemon takes, without a warning.
# usage: examples.sh SOURCE_DIR MAILBOUNCED
set -eu
wrong=0
count=0
for file in "$1"/etc/examples/*.conf; do
	count=$((count + 1))
	said=$("$2" -c "$file" --check-config 2>&1) && [ "$said" = "$file: no errors" ] && continue
	echo "$said"
	wrong=1
done
[ "$count" -gt 0 ] || { echo "no examples in $1/etc/examples"; wrong=1; }
exit $wrong
