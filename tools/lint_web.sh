#!/bin/sh
# Lints the JavaScript and CSS of ui/ with Biome: sh tools/lint_web.sh check [--write]. Needs node and npm for that alone.
# A component is several files in one scope, so rules about unused and never reassigned names are off in biome.json.
BIOME=@biomejs/biome@2.6.8 # pinned: another version may find other faults
if ! command -v npx >/dev/null 2>&1; then
	echo "!!! NO NODE: THE JAVASCRIPT AND CSS OF ui/ WERE NOT LINTED (install node and npm) !!!"
	exit 0
fi
if ! npx --yes "$BIOME" --version >/dev/null 2>&1; then
	echo "!!! BIOME COULD NOT BE INSTALLED: THE JAVASCRIPT AND CSS OF ui/ WERE NOT LINTED !!!"
	exit 0
fi
exec npx --yes "$BIOME" "$@" ui
