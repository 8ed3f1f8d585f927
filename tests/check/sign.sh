#!/bin/sh
# etc/examples/sign-sendmail sends each recipient a copy with a token of its own, and nothing when it cannot sign.
# usage: sign.sh SOURCE_DIR BOUNCECTL
set -eu
source=$1
umask 077
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo 'a secret of 32 bytes, or so it is' >"$dir/k1"
cat >"$dir/conf" <<END
account "a" { host = h user = u password-credential = c }
list "news.lists.example.net" { bounce-address = "b@lists.example.net" }
tokens { sign-with = k1
key "k1" { secret-file = "$dir/k1" } }
END
printf '#!/bin/sh\nexec "%s" -c "%s/conf" "$@" 2>>"%s/complaints"\n' "$2" "$dir" "$dir" >"$dir/bouncectl"
# It takes every mail but one, and keeps what it was told.
cat >"$dir/sendmail" <<END
#!/bin/sh
for last; do :; done
[ "\$last" != full@example.com ] || exit 75
echo "\$@" >"$dir/\$last.arguments"
cat >"$dir/\$last.mail"
END
chmod +x "$dir/bouncectl" "$dir/sendmail"

send()
{
	printf 'Subject: News\n\n.\nHello.\n' |
		BOUNCECTL=$dir/bouncectl SENDMAIL=$dir/sendmail "$source/etc/examples/sign-sendmail" "$@"
}

# What it ends with.
status()
{
	code=0
	send "$@" || code=$?
	echo $code
}

wrong()
{
	echo "$1"
	exit 1
}

send news.lists.example.net ann@example.com "o'neil@example.com" || wrong "it refused to send"
for who in ann "o'neil"; do
	grep -qx -- "-i -f b+ak1[0-9a-v]*+$who=example.com@lists.example.net -- $who@example.com" \
		"$dir/$who@example.com.arguments" || wrong "$who: $(cat "$dir/$who@example.com.arguments")"
	head -n 1 "$dir/$who@example.com.mail" |
		grep -qx "X-Mailbounced-Token: ak1[0-9a-v]* news.lists.example.net $who@example.com" ||
		wrong "$who: $(head -n 1 "$dir/$who@example.com.mail")"
	[ "$(tail -n +2 "$dir/$who@example.com.mail")" = "$(printf 'Subject: News\n\n.\nHello.')" ] || wrong "another mail"
done

# What the server does not take, and what cannot be signed, is to be tried again.
[ "$(status news.lists.example.net full@example.com)" = 75 ] || wrong "a refusal is no 75"
[ "$(status news.lists.example.net eve@example.com nonsense)" = 75 ] || wrong "no token is no 75"
[ ! -e "$dir/eve@example.com.mail" ] || wrong "a mail went out without all tokens"
grep -q "'nonsense': is no mail address" "$dir/complaints" || wrong "nobody was told why"
