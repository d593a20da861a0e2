#!/usr/bin/env bash
# lint -- check the form of C# and shell sources without changing them
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$repo"

bash eng/run/install.sh lint
failures=0
check() {
  step "$1"
  shift
  "$@" || failures=$((failures + 1))
}

require_dotnet
check "C#: white space and style of .editorconfig" dotnet format --verify-no-changes --no-restore -v q
mapfile -t scripts < <(git ls-files | grep -E '(^run|^\.ci/run|\.sh)$')
if command -v shellcheck >/dev/null; then
  check "shell: shellcheck" shellcheck -x -S warning "${scripts[@]}"
else
  warn "shellcheck is missing: shell scripts are only parsed"
  for script in "${scripts[@]}"; do check "shell: $script" bash -n "$script"; done
fi
if ((failures > 0)); then die "$failures checks failed; dotnet format mends the C# ones"; fi
echo "lint: clean"
