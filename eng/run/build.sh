#!/usr/bin/env bash
# build -- build everything for development: native programs, solution, samples
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

bash "$repo/eng/run/install.sh" runtime native criu samples
step "Building"
build_native
build_solution
bash "$repo/eng/run/samples.sh"
