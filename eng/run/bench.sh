#!/usr/bin/env bash
# bench NAME [ARGS] -- measure: `./run bench` lists the benchmarks
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

bash "$repo/eng/run/install.sh" runtime native criu samples bench
publish_if_stale
bash "$repo/eng/run/samples.sh"
(cd "$repo" && dotnet build bench/Homeostat.Benchmarks -c Release -v q -nologo -clp:ErrorsOnly)
exec "$repo/artifacts/bin/Homeostat.Benchmarks/release/Homeostat.Benchmarks" "$@"
