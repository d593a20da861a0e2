#!/usr/bin/env bash
# up [OPTIONS] -- run the platform in the foreground (options: see homeostat up --help)
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

bash "$repo/eng/run/install.sh" runtime native criu
publish_if_stale
exec "$repo/artifacts/publish/homeostat" up "$@"
