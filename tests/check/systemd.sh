#!/bin/sh
# The unit is accepted by systemd without a word and stays within the exposure that we promise.
# usage: systemd.sh UNIT DAEMON
set -eu
unit=$1
daemon=$2
most=1.5

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# verify wants the program that ExecStart names to exist: the one just built.
sed "s|^ExecStart=.*|ExecStart=$daemon|" "$unit" >"$dir/mailbounced.service"
said=$(systemd-analyze verify --man=no "$dir/mailbounced.service" 2>&1) || true
if [ -n "$said" ]; then
	printf 'systemd-analyze verify:\n%s\n' "$said"
	exit 1
fi

# A unit that nobody hardened must fail this test, otherwise it proves nothing.
exposure() {
	systemd-analyze security --offline=true --no-pager "$1" |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p'
}
printf '[Service]\nExecStart=%s\n' "$daemon" >"$dir/bare.service"
bare=$(exposure "$dir/bare.service")
got=$(exposure "$dir/mailbounced.service")
echo "exposure: $got (at most $most; without hardening $bare)"
[ -n "$got" ] && awk -v got="$got" -v most="$most" -v bare="$bare" 'BEGIN { exit !(got <= most && bare > most) }'
