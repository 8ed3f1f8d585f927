#!/bin/sh
# What the man page says of the schema's version is what the schema says.
# usage: schema.sh SOURCE_DIR
set -eu
version=$(sed -n 's/^PRAGMA user_version = \([0-9]*\);.*/\1/p' "$1/sql/schema.sql")
[ -n "$version" ]
grep -qx "is the version of the schema, $version\." "$1/man/mailbounced-schema.5" || {
	echo "mailbounced-schema.5 does not say that the schema has version $version"
	exit 1
}
