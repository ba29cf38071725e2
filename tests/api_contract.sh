#!/usr/bin/env bash
# Holds the running API against its own description: schemathesis with all checks and phases and with the keys of two
# business accounts, and three readers of OpenAPI. Needs python3, npm and curl; installs into target/contract.
#   tests/api_contract.sh [seconds of fuzzing]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-180}
home=$PWD/target/contract
port=$((20000 + RANDOM % 9000))
mkdir -p "$home"

[[ -x $home/python/bin/schemathesis ]] || {
  python3 -m venv "$home/python"
  "$home/python/bin/pip" install --quiet schemathesis==4.32.5 openapi-spec-validator==0.9.0
}
[[ -x $home/node_modules/.bin/spectral ]] ||
  npm install --silent --no-audit --no-fund --prefix "$home" @redocly/cli@2 @stoplight/spectral-cli@6

cargo build --locked --quiet
target/debug/docket openapi >"$home/openapi.json"
"$home/python/bin/openapi-spec-validator" "$home/openapi.json"
(cd "$home" && node_modules/.bin/redocly lint --extends=recommended --max-problems=200 openapi.json)
echo 'extends: ["spectral:oas"]' >"$home/spectral.yaml"
(cd "$home" && node_modules/.bin/spectral lint --ruleset spectral.yaml --fail-severity=hint openapi.json)

data=$(mktemp -d)
DOCKET_API_CALLS_PER_MINUTE=1000000 RUST_LOG=warn target/debug/docket demo --port "$port" --data "$data" --exceptions 60 \
  >"$home/server.log" 2>&1 &
server=$!
trap 'kill "$server" || true; rm -rf "$data"' EXIT
url=http://127.0.0.1:$port
for _ in $(seq 300); do curl -sf "$url/api/openapi.json" >/dev/null && break || sleep 0.2; done

token() {
  curl -sSf -u "$1" -X POST "$url/api/v1/api-keys/exchange" | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}
# An owner, to whom no call is closed; and a supervisor of the other business account.
demo=$(token "$(python3 tests/tools/owner_key.py "$url" owner@demo.test docket-demo-only)")
other=$(token other-key:other-secret)
cat >"$home/keys.json" <<JSON
{"auth": [
  {"name": "demo", "fixedHeaders": [{"name": "Authorization", "value": "Bearer $demo"}]},
  {"name": "other", "fixedHeaders": [{"name": "Authorization", "value": "Bearer $other"}]}
]}
JSON
# One worker: with two, Python 3.11 loses count of its own recursion ("AST constructor recursion depth mismatch").
"$home/python/bin/schemathesis" --config-file tests/tools/schemathesis.toml run "$url/api/openapi.json" --url "$url" \
  --auth-wfc "$home/keys.json" --checks all --phases examples,coverage,fuzzing,stateful --max-time "$seconds" \
  --continue-on-failure --workers 1
