// How settings name the certificates of a user: one name, exactly, or one name per machine.

/** Which name of a certificate is looked at. */
export type SubjectKind = "CN" | "DNS" | "URI";

/** "CN=metal-core-a", "URI=spiffe://site/machine/{machine}": `{machine}` stands for the UUID of a machine. */
export interface SubjectPattern {
  readonly kind: SubjectKind;
  /** Before the UUID, or all of it. */
  readonly before: string;
  /** Behind the UUID; undefined if there is none. */
  readonly after?: string;
}

/** The names of a certificate. */
export interface SubjectNames {
  readonly commonName?: string;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
}

const form = /^(CN|DNS|URI)=([\x21-\x7e][\x20-\x7e]{0,254})$/;
const placeholder = "{machine}";

/** Undefined for text that is no pattern. DNS names are compared in lower case (RFC 4343). */
export function parseSubject(text: string): SubjectPattern | undefined {
  const [, kind, name = ""] = form.exec(text) ?? [];
  if (kind !== "CN" && kind !== "DNS" && kind !== "URI") return undefined;
  const value = kind === "DNS" ? name.toLowerCase() : name;
  const [before = "", after, ...more] = value.split(placeholder);
  if (more.length > 0) return undefined;
  return { kind, before, ...(after !== undefined && { after }) };
}

/** The pattern as it is written. */
export function subjectText({ kind, before, after }: SubjectPattern): string {
  return `${kind}=${before}${after === undefined ? "" : placeholder + after}`;
}

/** A name that fits, and the machine it names. */
export interface SubjectMatch {
  readonly subject: string;
  /** UUID in lower case. */
  readonly machine?: string;
}

/** Undefined if no name of the certificate fits. */
export function matchSubject(
  pattern: SubjectPattern,
  names: SubjectNames,
): SubjectMatch | undefined {
  for (const name of namesOf(pattern.kind, names)) {
    const match = matchName(pattern, name);
    if (match !== undefined) return match;
  }
  return undefined;
}

function namesOf(kind: SubjectKind, { commonName, dnsNames, uris }: SubjectNames) {
  if (kind === "CN") return commonName === undefined ? [] : [commonName];
  return kind === "DNS" ? dnsNames.map((name) => name.toLowerCase()) : uris;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function matchName({ kind, before, after }: SubjectPattern, name: string) {
  const subject = `${kind}=${name}`;
  if (after === undefined) return name === before ? { subject } : undefined;
  if (!name.startsWith(before) || !name.endsWith(after)) return undefined;
  const machine = name.slice(before.length, name.length - after.length).toLowerCase();
  return uuid.test(machine) ? { subject, machine } : undefined;
}
