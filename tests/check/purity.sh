#!/bin/sh
# The library is pure: no I/O, no clock, no global state. Judged by what the built archive asks others for, and by
# whether it has data that can change, so it holds however the sources are written.
# usage: purity.sh ARCHIVE CC
set -eu
export LC_ALL=C
archive=$1
cc=$2

# Memory, strings, sorting, formatting into memory. iconv reads its tables from disk: the one exception, and why is
# told in lib/decode_charset.c.
allowed='
abort calloc free malloc realloc reallocarray
bcmp memchr memcmp memcpy memmem memmove mempcpy memrchr memset
strchr strchrnul strcmp strcspn strlen strncmp strnlen strpbrk strrchr strspn strstr
bsearch qsort
snprintf vsnprintf
iconv iconv_close iconv_open
__errno_location
'

# What compilers and sanitizers put into every object.
runtime='^(__stack_chk_(fail|guard)|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|msan|sanitizer|sancov|lsan)_.*|__gcov_.*|__llvm_.*|__start_.*|__stop_.*|__tls_get_addr)$'

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Symbols that the object or archive $1 wants from elsewhere and may not have. The checked variants of _FORTIFY_SOURCE
# (__memcpy_chk) count as the function itself.
foreign()
{
	nm -P --undefined-only "$1" >"$dir/nm"
	awk 'NF > 1 { sub(/@.*/, "", $1); print $1 }' "$dir/nm" | sort -u >"$dir/wanted"
	nm -P --defined-only "$1" >"$dir/nm"
	awk 'NF > 2 { print $1 }' "$dir/nm" | sort -u >"$dir/own"
	echo "$allowed" | tr ' ' '\n' | sort -u >"$dir/allowed"
	comm -23 "$dir/wanted" "$dir/own" | grep -Ev "$runtime" | sed -E 's/^__(.*)_chk$/\1/' | sort -u |
		comm -23 - "$dir/allowed"
}

# Members of $1 with data that can change. Sanitizers and coverage add their own: those builds are passed over.
variable()
{
	if nm -P "$1" | grep -Eq '^(__asan|__gcov|__llvm|__sancov)'; then
		return
	fi
	size -A "$1" | awk '/:$/ || / :$/ { member = $1 } $1 ~ /^\.(data|bss|tdata|tbss)$/ && $2 > 0 { print member, $1 }
		$1 ~ /^\.(data|bss|tdata|tbss)\./ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print member, $1 }'
}

# The check must be able to fail: $1 is what it has to say of the program text on standard input, nothing being nothing.
expect()
{
	"$cc" -x c -O1 -c -o "$dir/sample.o" -
	said=$(foreign "$dir/sample.o"; variable "$dir/sample.o" | awk '{ print $2 }')
	if [ "$said" != "$1" ]; then
		echo "self-test: expected '$1', got '$said'"
		exit 1
	fi
}

expect 'open' <<'C'
#include <fcntl.h>
int peek(const char *path) { return open(path, O_RDONLY); }
C
expect 'time' <<'C'
#include <time.h>
long now(void) { return time(NULL); }
C
expect 'fprintf' <<'C'
#include <stdio.h>
void say(FILE *out, int number) { fprintf(out, "%d", number); }
C
expect '.bss' <<'C'
int counter;
int count(void) { return ++counter; }
C
expect '.data' <<'C'
static int next = 7;
int take(void) { return next++; }
C
expect '' <<'C'
#include <string.h>
static const char *const names[] = { "a", "b" };
unsigned long length(int index) { return strlen(names[index]); }
C

if [ "$(nm -P --defined-only "$archive" | awk '$1 == "bounce_read" && $2 == "T"' | wc -l)" -ne 1 ]; then
	echo "$archive has no bounce_read: is this libbounce?"
	exit 1
fi
foreign "$archive" >"$dir/foreign"
variable "$archive" >"$dir/variable"
status=0
while read -r symbol; do
	echo "the library may not use $symbol"
	status=1
done <"$dir/foreign"
while read -r member section; do
	echo "$member the library may not have data that changes ($section)"
	status=1
done <"$dir/variable"
exit $status
