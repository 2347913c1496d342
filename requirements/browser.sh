#!/bin/sh
# Brings a Chromium for the browser tests where none is found; exits 1, and says so loudly, where that fails.
set -eu

for name in ${CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done

loud() { printf '\n!!! %s\n!!! The browser tests will be skipped.\n\n' "$1" >&2; exit 1; }

command -v apt-get >/dev/null 2>&1 || loud "No Chromium here, and no apt-get to install one with."
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true >/dev/null 2>&1 || loud "No Chromium here, and sudo would ask for a password: apt-get install chromium."
    as_root="sudo -n"
fi

echo "==> Installing Chromium and fonts for the browser tests"
log=$(mktemp)
if ! { $as_root apt-get update -qq \
    && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-liberation fonts-dejavu-core; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    loud "Chromium could not be installed."
fi
rm -f "$log"
