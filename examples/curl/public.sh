#!/bin/sh
# What anybody may ask without a key. Usage: public.sh https://minzheng.example 'MZ1:…'
set -eu
base=$1 code=$2
curl -fsS "$base/v1/trust-bundle" -o trust-bundle.cbor
curl -fsS "$base/v1/status-lists/1" -o status-list-1.cbor
# The service's word; for proof check the same code offline: mz-verify --trust trust-bundle.cbor --root PIN …
printf '{"code": "%s"}' "$code" | curl -fsS "$base/v1/verify" -H 'content-type: application/json' --data-binary @-
echo
