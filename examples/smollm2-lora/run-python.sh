#!/bin/sh
# Runs one of the example's Python programs with the pinned packages of requirements.txt, in an environment that is made
# once (PyTorch is 2.5 GB to download) and kept outside the tree: run-python.sh check.py --model ...
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
key=$(sha256sum "$here/requirements.txt" | cut -c1-16)
env="${XDG_CACHE_HOME:-$HOME/.cache}/tributary/python/$key"
if [ ! -x "$env/bin/python" ]; then
  fresh="$env.$$.partial"
  trap 'rm -rf "$fresh"' EXIT
  mkdir -p "$(dirname "$env")"
  python3 -m venv "$fresh"
  "$fresh/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt" ||
    "$fresh/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  mv "$fresh" "$env"
fi
program=$1
shift
# Threads that wait must sleep: spinning ones cost eight times the work where others need the cores.
export OMP_WAIT_POLICY=PASSIVE
exec "$env/bin/python" "$here/$program" "$@"
