// Addresses of peers, and who counts as one when peers are counted: an IPv4 address, or an IPv6 network that one
// customer is given.

/** 64 bits (RFC 6177): whoever has one address there has all of them. */
const groupsOfNetwork = 4;
const groupsOfAddress = 8;

/** "10.0.0.1" for "10.0.0.1", "2001:db8:0:1::/64" for "2001:db8:0:1::2". What is no address stands for itself. */
export function sourceOf(address: string): string {
  if (!address.includes(":")) return address;
  const network = groupsOf(address).slice(0, groupsOfNetwork);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** The groups of an IPv6 address, with those that "::" leaves out; a zone is no part of it. */
function groupsOf(address: string): string[] {
  const [plain = ""] = address.split("%", 1);
  const [left = [], right = []] = plain
    .split("::")
    .map((side) => (side === "" ? [] : side.split(":")));
  const missing = Math.max(groupsOfAddress - left.length - right.length, 0);
  return [...left, ...Array.from({ length: missing }, () => "0"), ...right];
}

/** A socket that listens on "::" sees IPv4 peers as "::ffff:10.0.0.1" (RFC 4291, section 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".")
    ? address.slice("::ffff:".length)
    : address;
}
