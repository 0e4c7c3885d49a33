// Which certificate is whom.
import { describe, expect, test } from "@jest/globals";
import {
  type CertificateUser,
  createCertificates,
  type PresentedCertificate,
} from "../../src/auth/certificate.ts";
import { matchSubject, parseSubject, subjectText } from "../../src/auth/certificate-subject.ts";
import { Role } from "../../src/rbac/role.ts";

const uuid = "11111111-2222-3333-4444-55555555abcd";
const certificate = (facts: Partial<PresentedCertificate>): PresentedCertificate => ({
  dnsNames: [],
  uris: [],
  fingerprint: "0123456789abcdef".repeat(4),
  notAfter: new Date("2099-01-01"),
  ...facts,
});

function pattern(text: string) {
  const parsed = parseSubject(text);
  if (parsed === undefined) throw new Error(`no pattern: ${text}`);
  return parsed;
}

const matched = (text: string, facts: Partial<PresentedCertificate>) =>
  matchSubject(pattern(text), certificate(facts));

describe("a subject", () => {
  test.each([
    "CN=metal-core",
    "DNS=a.example",
    "URI=spiffe://site/machine/{machine}",
    "CN={machine}",
  ])("%s reads as it is written", (text) => {
    expect(subjectText(pattern(text))).toBe(text);
  });

  test.each(["", "CN", "CN=", "cn=a", "O=a", "CN= a", "CN=a\n", "CN=ä", `CN=${"a".repeat(257)}`])(
    "%j is none",
    (text) => {
      expect(parseSubject(text)).toBeUndefined();
    },
  );

  test.each([
    ["CN=core", { commonName: "core" }, { subject: "CN=core" }],
    ["CN=core", { commonName: "core2" }, undefined],
    ["CN=core", { commonName: "Core" }, undefined],
    ["CN=core", { dnsNames: ["core"], uris: ["core"] }, undefined],
    ["DNS=Core.Example", { dnsNames: ["x", "CORE.example"] }, { subject: "DNS=core.example" }],
    ["DNS=core.example", { dnsNames: ["*.example"] }, undefined],
    ["URI=spiffe://a/b", { uris: ["spiffe://a/b"] }, { subject: "URI=spiffe://a/b" }],
    ["URI=spiffe://a/b", { uris: ["spiffe://a/b/c"] }, undefined],
    ["CN={machine}", { commonName: uuid }, { subject: `CN=${uuid}`, machine: uuid }],
    [
      "CN={machine}",
      { commonName: uuid.toUpperCase() },
      { subject: `CN=${uuid.toUpperCase()}`, machine: uuid },
    ],
    ["CN={machine}", { commonName: `${uuid}0` }, undefined],
    ["CN={machine}", { commonName: "{machine}" }, undefined],
    ["CN=a-{machine}-b", { commonName: `a-${uuid}-b` }, { machine: uuid }],
    ["CN=a-{machine}-b", { commonName: "a-b" }, undefined],
    ["URI=x:{machine}", { uris: ["x:1", `x:${uuid}`] }, { machine: uuid }],
  ])("%s against %j", (text, facts, expected) => {
    const found = matched(text, facts);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });
});

describe("a user", () => {
  const users: CertificateUser[] = [
    { subject: pattern("CN=core"), name: "core", role: Role.EDITOR, component: "metal-core" },
    { subject: pattern("DNS=core.example"), name: "other", role: Role.VIEWER },
    {
      subject: pattern("CN={machine}"),
      name: "hammer",
      role: Role.VIEWER,
      component: "metal-hammer",
    },
  ];
  const identify = createCertificates(users);

  test("is known by its certificate until that ends", () => {
    const principal = identify(certificate({ commonName: "core" }));
    expect(principal).toEqual({
      id: "cert:core",
      name: "core",
      role: Role.EDITOR,
      component: "metal-core",
      credential: {
        kind: "mtls",
        label: "client certificate CN=core",
        keyId: "0123456789abcdef",
      },
      expiresAt: new Date("2099-01-01"),
    });
    expect(Object.isFrozen(principal)).toBe(true);
  });

  test("of many machines is one identity for each, that names its machine", () => {
    expect(identify(certificate({ commonName: uuid }))).toMatchObject({
      id: `cert:hammer/${uuid}`,
      name: `hammer/${uuid}`,
      machine: uuid,
      component: "metal-hammer",
    });
  });

  test("that stands first counts where two fit", () => {
    const both = certificate({ commonName: "core", dnsNames: ["core.example"] });
    expect(identify(both)?.id).toBe("cert:core");
  });

  test("is nobody's name by accident", () => {
    expect(identify(certificate({ commonName: "stranger" }))).toBeUndefined();
    expect(identify(certificate({}))).toBeUndefined();
  });

  test("is the same object for the same certificate", () => {
    const shown = certificate({ commonName: "core" });
    expect(identify(shown)).toBe(identify(shown));
  });
});
