// Names of hosts, as machines get them.

/** The name of a machine whose user does not choose one. */
export const defaultHostname = "metal";

const maxLength = 253;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * Why a text is no host name, or undefined if it is one: labels of letters, digits and hyphens between dots (RFC 952 and
 * RFC 1123, section 2.1). One whose last label is a number would be read as an address.
 */
export function hostnameFault(text: string): string | undefined {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  const labels = text.split(".");
  const bad = labels.find((part) => !label.test(part));
  if (bad !== undefined)
    return `"${bad}" is no label of a host name: 1 to 63 letters, digits and hyphens within`;
  return /^\d+$/.test(labels.at(-1) ?? "") ? "ends with a number, as addresses do" : undefined;
}
