// Which rules a firewall can be allocated with.
import { describe, expect, test } from "@jest/globals";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type EgressRule,
  type IngressRule,
  readFirewallRules,
} from "../../src/domain/firewall-rule.ts";

const egress = (given: Partial<EgressRule> = {}): EgressRule => ({
  protocol: "tcp",
  ports: [443],
  to: ["0.0.0.0/0"],
  comment: "",
  ...given,
});
const ingress = (given: Partial<IngressRule> = {}): IngressRule => ({
  ...egress({ to: [] }),
  from: ["192.0.2.0/24"],
  ...given,
});

const read = (...rules: readonly (EgressRule | IngressRule)[]) =>
  readFirewallRules("firewall_rules", {
    egress: rules.filter((rule) => !("from" in rule)),
    ingress: rules.filter((rule) => "from" in rule),
  });

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as ConnectError).code).toBe(Code.InvalidArgument);
    return (error as ConnectError).rawMessage;
  }
  return "nothing was thrown";
}

test("no rules are none", () => {
  expect(read()).toBeUndefined();
});

describe("a rule is kept", () => {
  test.each([
    ["as it is", egress(), egress()],
    ["with its protocol in lower case", egress({ protocol: "UDP" }), egress({ protocol: "udp" })],
    ["as tcp if it names no protocol", egress({ protocol: "" }), egress()],
    ["without ports", egress({ ports: [] }), egress({ ports: [] })],
    [
      "with the least and the greatest port",
      egress({ ports: [0, 65_535] }),
      egress({ ports: [0, 65_535] }),
    ],
    [
      "with canonical prefixes",
      egress({ to: ["2001:DB8:0::/32"] }),
      egress({ to: ["2001:db8::/32"] }),
    ],
    [
      "with a comment",
      egress({ comment: "Allow_ all-HTTPS" }),
      egress({ comment: "Allow_ all-HTTPS" }),
    ],
    [
      "with the longest comment",
      egress({ comment: "a".repeat(100) }),
      egress({ comment: "a".repeat(100) }),
    ],
  ])("%s", (_, sent, kept) => {
    expect(read(sent)).toEqual({ egress: [kept], ingress: [] });
  });

  test("beside as many of the other direction", () => {
    expect(read(egress(), ingress())).toEqual({ egress: [egress()], ingress: [ingress()] });
  });

  test("for traffic that enters, with and without a destination", () => {
    const rules = [ingress(), ingress({ to: ["10.0.0.0/8", "10.0.0.1/32"] })];
    expect(read(...rules)).toEqual({ egress: [], ingress: rules });
  });
});

describe("a rule is refused", () => {
  test.each<[string, EgressRule | IngressRule, string]>([
    [
      "of another protocol",
      egress({ protocol: "sctp" }),
      'egress[0].protocol: "sctp" is neither tcp nor udp',
    ],
    [
      "with a negative port",
      egress({ ports: [1, -1] }),
      "egress[0].ports[1]: -1 is not between 0 and 65535",
    ],
    [
      "with a port too great",
      ingress({ ports: [65_536] }),
      "ingress[0].ports[0]: 65536 is not between 0 and 65535",
    ],
    [
      "with half a port",
      egress({ ports: [1.5] }),
      "egress[0].ports[0]: 1.5 is not between 0 and 65535",
    ],
    [
      "with a mask too long",
      egress({ to: ["1.2.3.0/33"] }),
      'egress[0].to[0]: "1.2.3.0/33" is no prefix in CIDR notation',
    ],
    [
      "without a mask",
      ingress({ from: ["1.2.3.4"] }),
      'ingress[0].from[0]: "1.2.3.4" is no prefix in CIDR notation',
    ],
    [
      "with bits beyond the mask",
      ingress({ to: ["192.0.2.1/24"] }),
      'ingress[0].to[0]: "192.0.2.1/24" has bits set beyond its length, write "192.0.2.0/24"',
    ],
    [
      "with a line break",
      egress({ comment: "a\nb" }),
      "egress[0].comment: may have letters, underscores, hyphens and blanks only",
    ],
    [
      "with a line break at its end",
      egress({ comment: "a\n" }),
      "egress[0].comment: may have letters, underscores, hyphens and blanks only",
    ],
    [
      "with a long comment",
      egress({ comment: "a".repeat(101) }),
      "egress[0].comment: is longer than 100 characters",
    ],
    [
      "to both families",
      egress({ to: ["1.0.0.0/8", "::/0"] }),
      "egress[0]: has IPv4 and IPv6; write a rule for each",
    ],
    [
      "from one family to the other",
      ingress({ from: ["1.0.0.0/8"], to: ["::/0"] }),
      "ingress[0]: has IPv4 and IPv6; write a rule for each",
    ],
    ["to nowhere", egress({ to: [] }), "egress[0].to: must not be empty"],
    ["from nowhere", ingress({ from: [] }), "ingress[0].from: must not be empty"],
  ])("%s", (_, rule, message) => {
    expect(messageOf(() => read(rule))).toBe(`firewall_rules.${message}`);
  });

  test("with everything that is wrong in all of them", () => {
    const message = messageOf(() =>
      read(egress(), egress({ to: ["x"] }), ingress({ ports: [-1] })),
    );
    expect(message.split("; ")).toEqual([
      'firewall_rules.egress[1].to[0]: "x" is no prefix in CIDR notation',
      "firewall_rules.ingress[0].ports[0]: -1 is not between 0 and 65535",
    ]);
  });
});
