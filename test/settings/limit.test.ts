// How limits are written.
import { describe, expect, test } from "@jest/globals";
import { networks, rate } from "../../src/settings/limit.ts";
import { problems, ready } from "./reading.ts";

test("a server that is told nothing has limits that honest clients do not meet", () => {
  expect(ready({}).config).toMatchObject({
    "rate-limit-source": { perSecond: 100, burst: 500 },
    "rate-limit-failed-logins": { perSecond: 5, burst: 50 },
    "rate-limit-principal": { perSecond: 1000, burst: 5000 },
    "max-connections": 5000,
    "max-connections-per-source": 1000,
    "trusted-proxies": undefined,
  });
});

describe("a rate", () => {
  test.each([
    ["1", { value: { perSecond: 1, burst: 3 } }],
    ["200", { value: { perSecond: 200, burst: 600 } }],
    ["off", { value: undefined }],
  ])("%j", (text, expected) => {
    expect(rate(3)(text)).toEqual(expected);
  });

  test.each(["0", "-1", "1.5", "none", ""])("%j is none, and it is said what would be", (text) => {
    expect(problems({ argv: [`--rate-limit-source=${text}`] })).toEqual([
      `rate-limit-source (from --rate-limit-source): ${JSON.stringify(text)} is out of range; write a whole number of calls per second from 1 to 1000000, or off`,
    ]);
  });
});

describe("networks", () => {
  test("are addresses and networks with commas between them", () => {
    expect(networks("10.0.0.0/8, fd00::1")).toEqual({
      value: [
        { address: "10.0.0.0", prefix: 8 },
        { address: "fd00::1", prefix: 128 },
      ],
    });
  });

  test.each(["0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/0"])("%j is everybody", (text) => {
    expect(networks(text)).toMatchObject({ reason: "trusts everybody" });
  });

  test.each(["proxy.example", "10.0.0.0/8,", "10.0.0.0/99"])("%j are none", (text) => {
    expect(networks(text)).toMatchObject({
      reason: expect.stringContaining("no list of networks"),
    });
  });
});
