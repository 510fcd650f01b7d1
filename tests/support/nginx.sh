#!/bin/sh
# Prints the path of an nginx: one that is installed, else Debian's package (as root). Prints nothing where none can be had.
PATH="$PATH:/usr/sbin"
command -v nginx && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing Debian's nginx for the proxy tests" >&2
	if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nginx-light; } >&2; then
		command -v nginx
	fi
fi
