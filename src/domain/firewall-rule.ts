// Rules that a firewall is allocated with: which traffic it lets out and in from the start.
import { ConnectError } from "@connectrpc/connect";
import { type Family, type Prefix, prefixText, readPrefix } from "./cidr.ts";
import { assertFaultless, type Fault, type Report } from "./fault.ts";

/** Traffic that leaves. */
export interface EgressRule {
  /** `tcp` or `udp`, in any case; empty is `tcp`. */
  readonly protocol: string;
  /** 0 to 65535; empty: none. */
  readonly ports: readonly number[];
  /** Prefixes. */
  readonly to: readonly string[];
  readonly comment: string;
}

/** Traffic that enters. `to` may be empty: wherever. */
export interface IngressRule extends EgressRule {
  /** Prefixes. */
  readonly from: readonly string[];
}

/** What a firewall lets pass. */
export interface FirewallRules {
  readonly egress: readonly EgressRule[];
  readonly ingress: readonly IngressRule[];
}

const maxPort = 65_535;
const maxCommentLength = 100;
const commentForm = /^[a-zA-Z_\- ]*$/;

/**
 * The rules with protocols in lower case and canonical prefixes; undefined if there are none. Throws invalid_argument
 * that names everything that is wrong; `field` is where the rules stand in the request.
 */
export function readFirewallRules(field: string, rules: FirewallRules): FirewallRules | undefined {
  const faults: Fault[] = [];
  const report: Report = (path, reason) => faults.push({ path, reason });
  const egress = rules.egress.map((rule, at) => readEgress(`egress[${at}]`, rule, report));
  const ingress = rules.ingress.map((rule, at) => readIngress(`ingress[${at}]`, rule, report));
  assertFaultless(field, faults);
  return egress.length + ingress.length === 0 ? undefined : { egress, ingress };
}

function readEgress(path: string, rule: EgressRule, report: Report): EgressRule {
  if (rule.to.length === 0) report(`${path}.to`, "must not be empty");
  const to = readPrefixes(`${path}.to`, rule.to, report);
  checkFamilies(path, to, report);
  return { ...readTraffic(path, rule, report), to: to.map(prefixText) };
}

function readIngress(path: string, rule: IngressRule, report: Report): IngressRule {
  if (rule.from.length === 0) report(`${path}.from`, "must not be empty");
  const from = readPrefixes(`${path}.from`, rule.from, report);
  const to = readPrefixes(`${path}.to`, rule.to, report);
  checkFamilies(path, [...from, ...to], report);
  const traffic = readTraffic(path, rule, report);
  return { ...traffic, from: from.map(prefixText), to: to.map(prefixText) };
}

function readTraffic(
  path: string,
  { protocol: sent, ports, comment }: EgressRule,
  report: Report,
): Omit<EgressRule, "to"> {
  const protocol = sent.toLowerCase() || "tcp";
  if (protocol !== "tcp" && protocol !== "udp")
    report(`${path}.protocol`, `"${sent}" is neither tcp nor udp`);
  for (const [at, port] of ports.entries())
    if (!Number.isInteger(port) || port < 0 || port > maxPort)
      report(`${path}.ports[${at}]`, `${port} is not between 0 and ${maxPort}`);
  if (!commentForm.test(comment))
    report(`${path}.comment`, "may have letters, underscores, hyphens and blanks only");
  if (comment.length > maxCommentLength)
    report(`${path}.comment`, `is longer than ${maxCommentLength} characters`);
  return { protocol, ports, comment };
}

/** One rule is for one family: it becomes one rule of the firewall. */
function checkFamilies(path: string, prefixes: readonly Prefix[], report: Report): void {
  const families = new Set<Family>(prefixes.map(({ family }) => family));
  if (families.size > 1) report(path, "has IPv4 and IPv6; write a rule for each");
}

/** Those that are prefixes; reports the others. */
function readPrefixes(path: string, texts: readonly string[], report: Report): Prefix[] {
  return texts.flatMap((text, at) => {
    try {
      return [readPrefix("prefix", text)];
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      report(`${path}[${at}]`, error.rawMessage.replace(/^prefix: /, ""));
      return [];
    }
  });
}
