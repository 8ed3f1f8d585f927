#!/bin/sh
# libetpan stays behind imap*.c, and of libetpan only what was measured to be safe on a coroutine is called. A list of
# what is allowed, because the rest of it blocks, recurses without limit, or loses what the server said:
#   mailimap_connect follows NULL, mailimap_idle drops news, mailimap_capability and mailimap_has_* follow NULL when a server names none,
#   mailmime_parse* dies of nested parts, mailimap_custom_command sends a stray blank,
#   mailimap_uid_search follows NULL, mailimap_expunge would expunge what others marked, mailimap_logout and
#   mailimap_authenticate wait without end, mailimap_compress breaks the session, its own sockets wait in select(),
#   mailstream_read_line_remove_eol reads in front of its buffer.
# usage: etpan.sh SOURCE_DIR ARCHIVE LIBETPAN CC
set -eu
export LC_ALL=C
source=$1
archive=$2
library=$3
cc=$4

allowed='
mailimap_examine mailimap_free mailimap_login mailimap_new mailimap_noop mailimap_select mailimap_starttls
mailimap_uid_fetch mailimap_read_line mailimap_parse_response mailimap_response_free
mailimap_fetch_att_new_body_peek_section_partial mailimap_fetch_att_new_rfc822_size mailimap_fetch_att_new_uid
mailimap_fetch_list_free mailimap_fetch_type_free mailimap_fetch_type_new_fetch_att_list_add
mailimap_fetch_type_new_fetch_att_list_empty mailimap_section_new mailimap_section_new_part
mailimap_section_new_part_mime mailimap_section_part_new clist_new clist_insert_after
mailimap_send_current_tag mailimap_set_msg_att_handler mailimap_set_progress_callback
mailimap_set_add_interval mailimap_set_free mailimap_set_new_empty mailimap_set_new_interval mailimap_set_new_single
mailstream_close mailstream_flush mailstream_low_new mailstream_new mailstream_read mailstream_read_line
mailstream_write
'

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "$allowed" | tr ' ' '\n' | grep . | sort -u >"$dir/allowed"
nm -D -P --defined-only "$library" | awk '{ sub(/@.*/, "", $1); print $1 }' | sort -u >"$dir/etpan"
# select() is libetpan's way to wait, and aborts the process on descriptors above 1023.
printf 'select\n__select_chk\n__fdelt_chk\n' | sort -u - "$dir/etpan" >"$dir/watched"

# What the objects of $1 (named $2 when it is a single one) call of it and should not: "OBJECT SYMBOL" each.
wrong()
{
	nm -A -P --undefined-only "$1" | sed -E 's/^[^[]*\[([^]]*)\]: /\1 /; s/^[^ ]*\/([^ /]*): /\1 /' |
		awk '{ sub(/@.*/, "", $2); print $1, $2 }' | sort -u >"$dir/calls"
	awk 'NR == FNR { watched[$1]; next } $2 in watched' "$dir/watched" "$dir/calls" |
		awk 'NR == FNR { allowed[$1]; next } !($2 in allowed) || $1 !~ /^imap[a-z_]*[.]/' "$dir/allowed" -
}

# The check must be able to fail: object $1 made of the program text on standard input gives the complaint $2.
expect()
{
	"$cc" -x c -O1 -c -o "$dir/$1" -
	said=$(wrong "$dir/$1")
	if [ "$said" != "$2" ]; then
		echo "self-test: expected '$2', got '$said'"
		exit 1
	fi
}

expect imap_x.o 'imap_x.o mailimap_idle' <<'C'
int mailimap_idle(void *session);
int idle(void *session) { return mailimap_idle(session); }
C
expect pipeline.o 'pipeline.o mailimap_noop' <<'C'
int mailimap_noop(void *session);
int noop(void *session) { return mailimap_noop(session); }
C
expect net.o 'net.o select' <<'C'
#include <sys/select.h>
int wait_for(int n, fd_set *set) { return select(n, set, 0, 0, 0); }
C
expect imap.o '' <<'C'
int mailimap_noop(void *session);
int noop(void *session) { return mailimap_noop(session); }
C

status=0
if ! wrong "$archive" | grep . ; then
	# An archive that calls nothing is not the one.
	grep -q ' mailimap_select$' "$dir/calls" || { echo "$archive: no call of libetpan?"; status=1; }
else
	echo "these calls are not allowed; see tests/check/etpan.sh"
	status=1
fi
if grep -rnE --include='*.[ch]' '#[[:space:]]*include[[:space:]]*[<"](libetpan/|libetpan\.h)' \
	"$source/lib" "$source/daemon" "$source/tests" | grep -v "^$source/daemon/imap_private.h:"; then
	echo "only daemon/imap_private.h may include libetpan"
	status=1
fi
exit $status
