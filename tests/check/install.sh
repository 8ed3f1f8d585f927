#!/bin/sh
# cmake --install puts everything where Debian expects it and never overwrites a configuration.
# usage: install.sh BUILD_DIR
set -eu
build=$1

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
DESTDIR=$dir cmake --install "$build" >"$dir/log"

missing=0
for file in usr/sbin/mailbounced usr/bin/bouncectl etc/mailbounced/mailbounced.conf \
	usr/lib/systemd/system/mailbounced.service usr/lib/sysusers.d/mailbounced.conf \
	usr/lib/tmpfiles.d/mailbounced.conf usr/share/man/man8/mailbounced.8 usr/share/man/man1/bouncectl.1 \
	usr/share/man/man5/mailbounced.conf.5 usr/share/man/man5/mailbounced-schema.5 usr/share/man/man7/bounce-reasons.7 usr/share/man/man7/mailbounced-tokens.7 \
	usr/include/bounce/bounce.h usr/include/bounce/token.h usr/share/doc/mailbounced/examples/sign-sendmail usr/share/doc/mailbounced/examples/tell-incident usr/share/doc/mailbounced/examples/mailbounced.conf \
	usr/share/doc/mailbounced/examples/microsoft365.conf usr/share/doc/mailbounced/examples/gmail.conf; do
	if [ ! -f "$dir/$file" ]; then
		echo "not installed: /$file"
		missing=1
	fi
done
[ "$missing" -eq 0 ]
find "$dir" -name mailbounced_crash | grep . && {
	echo "the test build of the daemon was installed"
	exit 1
}

echo '# mine' >"$dir/etc/mailbounced/mailbounced.conf"
DESTDIR=$dir cmake --install "$build" >"$dir/log"
grep -qx '# mine' "$dir/etc/mailbounced/mailbounced.conf" || {
	echo "the operator's configuration was overwritten"
	exit 1
}

# The library can be used by somebody who has nothing but what was installed.
cat >"$dir/use.c" <<'C'
#include <bounce.h>
#include <stdio.h>

int
main(void)
{
	struct arena arena;
	struct bounce_report report;

	arena_init(&arena, 0);
	if (bounce_read(&arena, SPAN("Subject: hello\n\nno bounce\n"), &report) == 0)
		puts(bounce_kind_name(report.kind));
	arena_free(&arena);
	return 0;
}
C
lib=$(find "$dir/usr/lib" -name libbounce.a)
extra=$(sed -n 's/^MAILBOUNCED_SANITIZE:STRING=\(.\+\)/-fsanitize=\1/p' "$build/CMakeCache.txt")
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=$(sed -n 's/^CMAKE_C_FLAGS:STRING=//p' "$build/CMakeCache.txt")
# shellcheck disable=SC2086  # both are lists of words
"$compiler" $extra $flags -I"$dir/usr/include/bounce" -o "$dir/use" "$dir/use.c" "$lib"
[ "$("$dir/use")" = other ]
