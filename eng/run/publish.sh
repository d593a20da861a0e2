#!/usr/bin/env bash
# publish -- make the product: artifacts/publish/homeostat and what it needs beside it
set -euo pipefail
# shellcheck source=eng/run/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

bash "$repo/eng/run/install.sh" native criu
publish
(cd "$repo/artifacts/publish" && du -ah --max-depth=2 . | sort -k2 | sed 's/^/    /')
