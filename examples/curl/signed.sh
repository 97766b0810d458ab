#!/bin/sh
# A signed request of a relying party: is this code genuine?
# Usage: signed.sh https://minzheng.example bank.key pin-file 'MZ1:…' [name the service calls itself]
set -eu
base=$1 key=$2 pin=$3 code=$4 authority=${5:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/body.json" <<JSON
{"context": {"user": "0017", "item_name": "示例事项", "item_code": "990000-SAMPLE-001",
             "business_code": "2027-000123", "use_cause": "示例原因"},
 "purpose": "file-authenticity", "code": "$code"}
JSON
# The fields of the signature are made by the wheel; curl sends them. Each run signs anew: a signature is good once.
"${PYTHON:-python3}" -m minzheng_verify.online.sign --key "$key" --pin-file "$pin" ${authority:+--authority "$authority"} \
  POST "$base/v1/authenticity" "$work/body.json" > "$work/request.curl"
# Kept as it came: what it says is signed inside, and `answer` is what is archived. See examples/bank for checking it.
curl -sS --fail-with-body --config "$work/request.curl"
echo
