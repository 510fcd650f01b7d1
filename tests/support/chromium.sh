#!/bin/sh
# Prints the path of a Chromium: one that is installed, else Debian's package (as root), else Playwright's own download.
# Prints nothing where none can be had. What it does is told on stderr.
for name in chromium chromium-browser google-chrome google-chrome-stable; do
	if command -v "$name"; then exit 0; fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "Installing Debian's chromium for the browser tests" >&2
	if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk; } >&2; then
		command -v chromium && exit 0
	fi
fi

echo "Downloading Playwright's own Chromium for the browser tests" >&2
if .venv/bin/python -m playwright install chromium >&2; then
	.venv/bin/python -c 'from playwright.sync_api import sync_playwright as play
with play() as p: print(p.chromium.executable_path)'
fi
