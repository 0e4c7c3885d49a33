#!/bin/sh
# Makes an identity for each component that works with the API, limited to what it calls, and writes its key into a
# file of its name. Needs a credential with role Admin, as `metal` finds it. Usage: identities.sh OWNER FOLDER
set -eu
umask 077
owner=${1:?who answers for the components}
folder=${2:?the folder for the keys}
mkdir -p "$folder"

for component in \
  cluster-api-provider-metal-stack \
  firewall-controller-manager \
  gardener-extension-provider-metal \
  machine-controller-manager-provider-metal \
  metal-bmc \
  metal-ccm \
  metal-console \
  metal-core \
  metal-hammer \
  metal-image-cache-sync \
  metal-metrics-exporter \
  pixiecore
do
  answer=$(metal user create --component "$component" --owner "$owner" --reason "deployment" --no-headers)
  printf '%s' "${answer##* }" >"$folder/$component"
done
