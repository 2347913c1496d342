#!/bin/sh
# Makes .venv and brings it to what requirements/<set>.txt says: install.sh production | install.sh development
# A stamp holds the digest of the file, so that a second run does nothing.
set -eu

wanted=$1
cd "$(dirname "$0")/.."
file=requirements/$wanted.txt
python=.venv/bin/python

usable() { "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Compiled with its own profile (PGO), as distributions and python.org do it. What pyenv or ./configure make when
# nobody says more runs everything a quarter slower: docs/performance.md.
optimised() {
    "$1" -c 'import sys, sysconfig
arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
sys.exit(sys.base_prefix != "/usr" and "--enable-optimizations" not in arguments)'
}

# The one that PYTHON names, else the first of the known ones, the optimised before the others.
find_python() {
    known='python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3'
    for name in ${PYTHON:-}; do
        if usable "$name"; then echo "$name"; return; fi
    done
    for name in $known; do
        if usable "$name" && optimised "$name"; then echo "$name"; return; fi
    done
    for name in $known; do
        if usable "$name"; then echo "$name"; return; fi
    done
    {
        echo "Gettone needs Python 3.11 or newer with its venv module, and found none that starts."
        echo "python3 here is: $(python3 --version 2>&1 || echo missing)"
        echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Elsewhere: name one, as in 'make run PYTHON=python3.12'."
    } >&2
    exit 1
}

if ! "$python" -c 'import pip' >/dev/null 2>&1; then
    found=$(find_python)
    echo "==> Making the virtual environment .venv with $("$found" --version), $(command -v "$found")"
    "$found" -m venv --clear .venv
fi

digest=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$file")
stamp=.venv/installed-$wanted
if [ "$(cat "$stamp" 2>/dev/null)" != "$digest" ]; then
    echo "==> Installing the packages of $file (the first time takes about a minute)"
    "$python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes --requirement "$file" \
        || { echo "The packages could not be installed; pip's message above says why." >&2; exit 1; }
    echo "$digest" > "$stamp"
fi
