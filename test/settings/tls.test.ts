// The settings of TLS: what belongs together, what the files have to hold, and files that change.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { clientCertificatesOf, type TlsSettings } from "../../src/settings/tls.ts";
import { createTlsRenewal } from "../../src/settings/tls-renewal.ts";
import { createAuthority, issue } from "../x509.ts";
import { fileWith, problems, ready } from "./reading.ts";

const authority = createAuthority("authority");
const own = issue(authority);
const certFile = fileWith(own.cert);
const keyFile = fileWith(own.key);
const caFile = fileWith(authority.cert);
const cert = ["--tls-cert-file", certFile];
const pair = [...cert, "--tls-key-file", keyFile];
const ca = ["--tls-client-ca-file", caFile];
const elsewhere = ["--listen", "10.0.0.1:443"];

describe("what is right", () => {
  test("without TLS there is none", () => {
    expect(ready({}).tls).toBeUndefined();
  });

  test("a certificate and its key are all it takes, also beyond the loopback", () => {
    expect(ready({ argv: [...pair, ...elsewhere] }).tls).toEqual(own);
  });

  test("client certificates are optional with an authority, and not asked for without", () => {
    const asked = (argv: string[]) => clientCertificatesOf(ready({ argv }).config);
    expect(asked(pair)).toBe("none");
    expect(asked([...pair, ...ca])).toBe("optional");
    expect(asked([...pair, ...ca, "--tls-client-cert", "required"])).toBe("required");
    expect(asked([...pair, ...ca, "--tls-client-cert", "none"])).toBe("none");
  });
});

describe("what is wrong", () => {
  const missing = (name: string, beside: string) =>
    `${name}: is missing beside ${beside}; set ${name}, or leave ${beside} out`;
  const list = "certificates:\n  - {subject: CN=a, name: a, role: edit}";

  test.each<[string, Parameters<typeof problems>[0], string[]]>([
    ["a certificate without a key", { argv: cert }, [missing("tls-key-file", "tls-cert-file")]],
    [
      "a key alone",
      { argv: ["--tls-key-file", keyFile] },
      [missing("tls-cert-file", "tls-key-file")],
    ],
    ["an authority alone", { argv: ca }, [missing("tls-cert-file", "tls-client-ca-file")]],
    [
      "clients asked for without an authority",
      { argv: [...pair, "--tls-client-cert", "required"] },
      [missing("tls-client-ca-file", "tls-client-cert")],
    ],
    [
      "users by certificate without an authority",
      { argv: pair, file: list },
      [missing("tls-client-ca-file", "certificates")],
    ],
    [
      "users by certificate whom nobody asks for one",
      { argv: [...pair, ...ca, "--tls-client-cert", "none"], file: list },
      [
        "certificates: lists users, and tls-client-cert is none; set tls-client-cert to optional or required",
      ],
    ],
    [
      "clear text beside TLS",
      { argv: [...pair, "--allow-clear-text"] },
      [
        "allow-clear-text: is true beside tls-cert-file, and there is one port; leave one of them out",
      ],
    ],
    [
      "a file that is not there",
      { argv: [...cert, "--tls-key-file", "/nowhere"] },
      [
        "tls-key-file: names a file that does not exist; name the PEM file with the key of the first certificate in tls-cert-file",
      ],
    ],
    [
      "a key that is another's",
      { argv: [...cert, "--tls-key-file", fileWith(authority.key)] },
      [
        "tls-key-file: is not the key of the certificate; name the PEM file with the key of the first certificate in tls-cert-file",
      ],
    ],
    [
      "an authority that is none",
      { argv: [...pair, "--tls-client-ca-file", keyFile] },
      [
        "tls-client-ca-file: holds no certificate; name a PEM file with the authorities of your clients",
      ],
    ],
    [
      "an old version",
      { argv: [...pair, "--tls-min-version", "1.1"] },
      ['tls-min-version (from --tls-min-version): "1.1" is unknown; write one of 1.2, 1.3'],
    ],
  ])("%s", (_, given, expected) => {
    expect(problems(given)).toEqual(expected);
  });

  test("nothing of a key is repeated", () => {
    const secret = own.key.split("\n")[1] ?? "";
    const said = problems({ argv: ["--tls-cert-file", keyFile, "--tls-key-file", certFile] });
    expect(said).toHaveLength(1);
    expect(said.join()).not.toContain(secret);
  });
});

describe("renewal", () => {
  function watched() {
    const files = { cert: fileWith(own.cert), key: fileWith(own.key) };
    const settings: TlsSettings = { "tls-cert-file": files.cert, "tls-key-file": files.key };
    const renewed: string[] = [];
    const told: string[] = [];
    const renewal = createTlsRenewal({
      settings,
      material: own,
      renew: (material) => void renewed.push(material.cert),
      onProblem: (found) => void told.push(...found.map(({ reason }) => reason)),
    });
    return { files, renewed, told, look: () => renewal.look() };
  }

  test("files that did not change change nothing", () => {
    const { renewed, told, look } = watched();
    look();
    expect([renewed, told]).toEqual([[], []]);
  });

  test("a new pair is used once it is complete, and until then the old one is kept", () => {
    const { files, renewed, told, look } = watched();
    const next = issue(authority);
    writeFileSync(files.cert, next.cert);
    look();
    expect([renewed, told]).toEqual([[], ["is not the key of the certificate"]]);
    writeFileSync(files.key, next.key);
    look();
    look();
    expect(renewed).toEqual([next.cert]);
  });

  test("what is wrong is told once, and again after it was right", () => {
    const { files, renewed, told, look } = watched();
    for (const text of ["broken", "broken", own.cert, "broken"]) {
      writeFileSync(files.cert, text);
      look();
    }
    expect(renewed).toEqual([]);
    expect(told).toEqual(["holds no certificate", "holds no certificate"]);
  });
});
