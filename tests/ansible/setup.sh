#!/bin/sh
# Makes the oracle's environment in $1 (default: .venv beside this file): ansible-core 2.21.5, which needs Python 3.12.
# Does nothing where it stands already. Exits 3 where there is no such Python.
#
# PyYAML is held at 6.0.3: 6.0.4 mostly takes a key from the last of several mappings in `<<: [a, b]`, against YAML's rule
# that the first one wins (yaml/pyyaml issue 953). It stands beside, in other-pyyaml, for documents with merges.
set -eu
ansible_core=2.21.5
pyyaml=6.0.3
other_pyyaml=6.0.4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
venv=${1:-$here/.venv}

is_new_enough() {
  "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

find_python() {
  for python in python3.13 python3.12 python3.14 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
    if is_new_enough "$python"; then
      echo "$python"
      return
    fi
  done
  echo "setup.sh: no Python 3.12 or newer found; ansible-core 2.21 needs it" >&2
  exit 3
}

stands() {
  "$venv/bin/python" - "$ansible_core" "$pyyaml" >/dev/null 2>&1 <<'EOF'
import sys, yaml
from ansible.release import __version__
sys.exit([__version__, yaml.__version__] != sys.argv[1:])
EOF
}

has_other() {
  [ -d "$venv/other-pyyaml/pyyaml-$other_pyyaml.dist-info" ]
}

pip() {
  "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}

if ! stands; then
  python=$(find_python)
  "$python" -m venv "$venv"
  pip install "ansible-core==$ansible_core" "PyYAML==$pyyaml"
fi
if ! has_other; then
  rm -rf "$venv/other-pyyaml"
  pip install --no-deps --target "$venv/other-pyyaml" "PyYAML==$other_pyyaml"
fi
echo "$venv/bin/python"
