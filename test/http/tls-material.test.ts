// What may not be served with, and how it is said.
import { describe, expect, test } from "@jest/globals";
import { type TlsMaterial, tlsFaults } from "../../src/http/tls-material.ts";
import { createAuthority, issue, selfSigned } from "../x509.ts";

const authority = createAuthority("authority");
const own = issue(authority);
const ended = { notBefore: new Date("2020-01-01"), notAfter: new Date("2021-02-03T04:05:06Z") };
const broken = own.cert.replace(/\n\w{20}/, "\nAAAAAAAAAAAAAAAAAAAA");

const table: ReadonlyArray<readonly [string, TlsMaterial, string[]]> = [
  ["a certificate and its key", own, []],
  ["intermediate ones behind it", { ...own, cert: own.cert + authority.cert }, []],
  ["authorities of clients", { ...own, clientCa: authority.cert }, []],
  ["no certificate", { ...own, cert: own.key }, ["cert holds no certificate"]],
  ["a broken certificate", { ...own, cert: broken }, ["cert holds no certificate"]],
  ["one that has ended", issue(authority, ended), ["cert ended on 2021-02-03"]],
  ["the key of another", { ...own, key: authority.key }, ["key is not the key of the certificate"]],
  ["no key", { ...own, key: own.cert }, ["key holds no private key"]],
  ["a weak key", selfSigned({ keyType: "rsa1024" }), ["cert has a key that is too small"]],
  ["no authority", { ...own, clientCa: "" }, ["clientCa holds no certificate"]],
  [
    "ended authorities",
    { ...own, clientCa: selfSigned(ended).cert },
    ["clientCa ended on 2021-02-03"],
  ],
  [
    "an ended authority among others",
    { ...own, clientCa: selfSigned(ended).cert + authority.cert },
    [],
  ],
];

test.each(table)("%s", (_, material, expected) => {
  expect(tlsFaults(material).map(({ part, reason }) => `${part} ${reason}`)).toEqual(expected);
});

describe("the moment", () => {
  test("in which a certificate ends is the first without it", () => {
    const end = new Date("2030-01-01T00:00:00Z");
    const short = issue(authority, { notAfter: end });
    expect(tlsFaults(short, end.getTime() - 1)).toEqual([]);
    expect(tlsFaults(short, end.getTime())).toMatchObject([{ reason: "ended on 2030-01-01" }]);
  });
});
