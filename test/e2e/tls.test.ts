// A real process with TLS: it serves with the certificate in its files, and with the next one without a restart.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, expect, test } from "@jest/globals";
import { createAuthority, issue } from "../x509.ts";
import { until } from "../world/until.ts";
import { runServer, startServer } from "./process.ts";

const authority = createAuthority("authority of the test");
const folder = mkdtempSync(join(tmpdir(), "metal-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
const args = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];

function put(name: string): void {
  const { cert, key } = issue(authority, { commonNames: [name] });
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
}

/** The name in the certificate that a new connection is shown. */
async function nameAt(url: string): Promise<unknown> {
  const socket = connect({
    port: Number(new URL(url).port),
    host: "127.0.0.1",
    ca: authority.cert,
  });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

test("a certificate that is replaced is served after SIGHUP, a broken one is not", async () => {
  put("first");
  const server = await startServer(args);
  try {
    expect(server.url).toMatch(/^https:/);
    expect(await nameAt(server.url)).toBe("first");
    writeFileSync(certFile, "broken");
    server.send("SIGHUP");
    put("second");
    server.send("SIGHUP");
    await until(async () => (await nameAt(server.url)) === "second");
  } finally {
    await server.remove();
  }
});

test("a server whose certificate cannot be used does not start, and says why", async () => {
  put("third");
  writeFileSync(keyFile, authority.key);
  const { code, stderr } = await runServer(args);
  expect(code).toBe(2);
  expect(stderr).toContain("tls-key-file: is not the key of the certificate");
});
