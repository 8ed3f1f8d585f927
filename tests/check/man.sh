#!/bin/sh
# The man pages are clean mdoc(7), and say every option of the command lines.
# usage: man.sh SOURCE_DIR BIN_DIR GENERATED_PAGE
set -eu
source=$1
bin=$2

mandoc -T lint -W warning "$source"/man/*.[0-9] "$3"

# Every long option that --help names stands in the page.
missing=0
text=$(mktemp)
trap 'rm -f "$text"' EXIT
for pair in mailbounced:mailbounced.8 bouncectl:bouncectl.1; do
	program=${pair%:*}
	page=$source/man/${pair#*:}
	mandoc -T ascii "$page" | sed "s/.\x08//g" >"$text"
	for option in $("$bin/$program" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
		grep -q -- "$option" "$text" || {
			echo "$page does not tell of $option"
			missing=1
		}
	done
done
exit $missing
