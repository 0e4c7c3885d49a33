// From the settings to how the port meets its peers: TLS, proxies, limits, rates.
import type { Config } from "./config.ts";
import { createProxies } from "./http/proxy.ts";
import { createTlsFront } from "./http/tls.ts";
import { certificateEndMs, type TlsMaterial } from "./http/tls-material.ts";
import type { Log } from "./interceptors/log.ts";
import type { AdmissionRates } from "./limit/admission.ts";
import type { PortSettings } from "./port.ts";
import { clientCertificatesOf } from "./settings/tls.ts";
import { createTlsRenewal } from "./settings/tls-renewal.ts";

/** How often who may call. */
export function ratesOf(config: Config): AdmissionRates {
  return {
    strangers: config["rate-limit-source"],
    failedLogins: config["rate-limit-failed-logins"],
    principal: config["rate-limit-principal"],
  };
}

/** The port, behind TLS if there is any. */
export function portOf(config: Config, secured: Secured | undefined): PortSettings {
  return {
    ...(secured && { front: secured.front }),
    proxies: createProxies(config["trusted-proxies"] ?? []),
    limits: {
      connections: config["max-connections"],
      connectionsPerSource: config["max-connections-per-source"],
    },
  };
}

/** TLS that keeps itself up to date. */
export type Secured = ReturnType<typeof secure>;

/** How often the files of TLS are looked at, in milliseconds. */
const tlsLookEveryMs = 10_000;

/** TLS with these certificates, and with those that take their place in the files: by themselves, or at once on SIGHUP. */
export function secure(config: Config, material: TlsMaterial, log: Log) {
  const { front, renew } = createTlsFront({
    material,
    minVersion: `TLSv${config["tls-min-version"]}`,
    clientCertificates: clientCertificatesOf(config),
  });
  let endMs = certificateEndMs(material);
  const renewal = createTlsRenewal({
    settings: config,
    material,
    renew(found) {
      renew(found);
      endMs = certificateEndMs(found);
      log.info({ file: config["tls-cert-file"] }, "serving with a new certificate");
    },
    onProblem: (problems) => log.error({ problems }, "keeping the old certificate"),
  });
  setInterval(() => renewal.look(), tlsLookEveryMs).unref();
  process.on("SIGHUP", () => renewal.look());
  return { front, certificateEndMs: () => endMs };
}
