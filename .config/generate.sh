#!/usr/bin/env bash
# Makes src/api/generated from src/api/proto. Needs protoc (Debian: protobuf-compiler). The result is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-src/api/generated}
rm -rf "$out"; mkdir -p "$out"
protoc -I src/api/proto --plugin=node_modules/.bin/protoc-gen-ts_proto --ts_proto_out="$out" \
  --ts_proto_opt=outputServices=grpc-js,outputClientImpl=false,esModuleInterop=true,env=node,forceLong=number,enumsAsLiterals=true,importSuffix=.ts,useOptionals=none,useAbortSignal=false,removeEnumPrefix=false,outputPartialMethods=true,useExactTypes=false,unrecognizedEnum=true \
  $(cd src/api/proto && find . -name '*.proto' | sed 's#^\./##' | sort)
