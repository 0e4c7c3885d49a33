#!/bin/sh
# A client with curl: sh call.sh metal.v1.PartitionService/List '{"pageSize": 100}'
# Takes METAL_API_URL, METAL_API_HMAC and METAL_API_HMAC_AUTH_TYPE. A second use of a signature is refused. The key stands
# in the list of processes while openssl runs: this is for machines that you have to yourself.
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
salt=$(openssl rand -hex 12)
mac=$(printf %s "${date}POST${salt}" | openssl dgst -sha256 -hmac "$METAL_API_HMAC" | sed 's/.* //')
exec curl --silent --show-error --max-time 30 "$METAL_API_URL/$1" --data "${2:-{\}}" \
  --header 'content-type: application/json' --header "authorization: $METAL_API_HMAC_AUTH_TYPE $mac" \
  --header "x-date: $date" --header "x-data-salt: $salt"
