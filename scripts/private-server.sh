# private-server.sh - what every private server of ours stands on: its user, certificates, ports
#
# Sourced by scripts/private-*, which set $me to their own name and $dir to the server's folder.
#
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154 # for whom sources it; set by whom sources it

die()
{
	echo "$me: $*" >&2
	exit 1
}

# A mail server wants no root, so root hands everything to somebody without rights.
choose_user()
{
	if [ "$(id -u)" -ne 0 ]; then
		run_user=$(id -un 2>/dev/null || id -u)
		run_uid=$(id -u)
		run_gid=$(id -g)
		return
	fi
	run_user=nobody
	run_uid=$(id -u nobody) || die "there is no user nobody to run the server as"
	run_gid=$(id -g nobody)
}

as_user()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid="$run_uid" --regid="$run_gid" --clear-groups --inh-caps=-all \
			env HOME="$dir" "$@"
	else
		"$@"
	fi
}

# Sockets live below it, and a socket's path has room for 107 bytes.
enter_dir()
{
	mkdir -p "$1"
	dir=$(cd "$1" && pwd -P)
	[ ${#dir} -le 60 ] || die "$dir: too long a path for a server's sockets (at most 60 characters)"
	case $dir in *[!A-Za-z0-9/._+@-]*) die "$dir: a server's configuration wants a path without blanks and quotes" ;; esac
}

# authority NAME: NAME.key and NAME.pem
authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj "/O=Private server/CN=$1" -keyout "$1.key" -out "$1.pem" 2>>openssl.log ||
		die "openssl failed, see $dir/tls/openssl.log"
}

# certificate NAME DAYS ALTERNATIVE-NAMES: signed by ca
certificate()
{
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$3" >"$1.ext"
	{
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
			-subj "/O=Private server/CN=$1" -keyout "$1.key" -out "$1.csr" &&
			openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial \
				-days "$2" -extfile "$1.ext" -out "$1.pem"
	} 2>>openssl.log || die "openssl failed, see $dir/tls/openssl.log"
}

# ca and good: an authority, and a certificate of its for this machine
make_certificates()
{
	command -v openssl >/dev/null || die "openssl is not installed (apt-get install openssl)"
	local_names='DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3'
	mkdir -p "$dir/tls"
	cd "$dir/tls"
	authority ca
	certificate good 30 "$local_names"
	cd / # the caller's folder may be closed to the server's user
}

# A number that changes with every call; sh has no $RANDOM.
random()
{
	od -An -N4 -tu4 /dev/urandom | tr -d ' '
}

# A port below the range that the kernel gives away, with nobody on it now.
free_port()
{
	while :; do
		port=$((10000 + $(random) % 20000))
		hex=$(printf ':%04X ' "$port")
		grep -qs "$hex" /proc/net/tcp /proc/net/tcp6 || break
	done
	echo "$port"
}

# check_user NAME:PASSWORD
check_user()
{
	case $1 in
	*[!A-Za-z0-9@.:\ _-]* | :*) die "a user is NAME:PASSWORD without special characters" ;;
	*:?*) ;;
	*) die "--user takes NAME:PASSWORD" ;;
	esac
}

# end_process PID-FILE MARK: ends the process in the file if MARK stands in its command line
end_process()
{
	pid=$(tr -d ' \n' 2>/dev/null <"$1") || return 0
	# A file left by a machine that went down may name somebody else by now.
	case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) in
	*"$2"*) kill "$pid" 2>/dev/null || true ;;
	*) ;;
	esac
	for _ in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 "$pid" 2>/dev/null || die "the server (process $pid) does not end"
	rm -f "$1"
}
