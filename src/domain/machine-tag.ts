// Tags of machines: words of their users, plain or "key=value", and labels that the server sets.

/** What the server says of a machine in its tags. Nothing is said of what is empty or 0. */
export interface SystemLabels {
  /** The ASN that the machine announces its private addresses with. */
  readonly primaryAsn: number;
  readonly rackId: string;
  readonly chassisSerial: string;
}

const systemKeys: Readonly<Record<keyof SystemLabels, string>> = {
  primaryAsn: "machine.metal-stack.io/network.primary.asn",
  rackId: "machine.metal-stack.io/rack",
  chassisSerial: "machine.metal-stack.io/chassis",
};
const reserved: ReadonlySet<string> = new Set(Object.values(systemKeys));

/** What stands before the first "="; all of it if there is none. */
export function tagKey(tag: string): string {
  return tag.split("=", 1)[0] ?? "";
}

/** Whether a tag belongs to metal-stack's own programs, which rely on it: its key is under metal-stack.io. */
export function isReservedTag(tag: string): boolean {
  const [domain = "", name] = tagKey(tag).split("/", 2);
  return name !== undefined && /(^|\.)metal-stack\.io$/i.test(domain);
}

/**
 * The tags that a machine has: those of its user in their order, each key once with its last value, and then what the
 * server says. Nobody else can say the latter.
 */
export function machineTags(userTags: readonly string[], labels: SystemLabels): string[] {
  const tags = new Map<string, string>();
  for (const tag of userTags) tags.set(identity(tag), tag);
  const own = Array.from(tags.values()).filter((tag) => !reserved.has(tagKey(tag)));
  return [...own, ...systemTags(labels)];
}

/** What two tags cannot both be: the same word, or labels with the same key. */
function identity(tag: string): string {
  return tag.includes("=") ? `${tagKey(tag)}=` : tag;
}

function systemTags({ primaryAsn, rackId, chassisSerial }: SystemLabels): string[] {
  const values = { primaryAsn: primaryAsn === 0 ? "" : String(primaryAsn), rackId, chassisSerial };
  return Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${systemKeys[name as keyof SystemLabels]}=${value}`);
}
