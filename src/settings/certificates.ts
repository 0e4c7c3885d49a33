// The users that the settings file lists under "certificates".
import type { CertificateUser } from "../auth/certificate.ts";
import { parseSubject, type SubjectPattern, subjectText } from "../auth/certificate-subject.ts";
import type { Report } from "../domain/problem.ts";
import { type Check, quoted } from "./check.ts";
import { readFields, type Shape } from "./fields.ts";
import { componentName, label, role as roleWord } from "./identity.ts";

const shape: Shape = { required: ["subject", "name", "role"], optional: ["component"] };

const subjectPattern: Check<SubjectPattern> = (given) => {
  const value = typeof given === "string" ? parseSubject(given) : undefined;
  if (value !== undefined) return { value };
  const remedy = "write CN=NAME, DNS=NAME or URI=NAME, with {machine} for a UUID at most once";
  return { reason: `is ${quoted(given)}`, remedy };
};

/** The users of the list, without those that could not be read. */
export function readCertificateUsers(list: unknown, report: Report): CertificateUser[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) {
    const remedy = "write - {subject, name, role, component}";
    report({ setting: "certificates", reason: "is no list", remedy });
    return [];
  }
  const values: readonly unknown[] = list;
  const users = values.flatMap((value, at) => readUser(`certificates[${at}]`, value, report));
  reportRepeated(users, report);
  return users;
}

function readUser(place: string, value: unknown, report: Report): CertificateUser[] {
  const read = readFields(place, value, shape, report);
  if (read === undefined) return [];
  const subject = read("subject", subjectPattern);
  const name = read("name", label);
  const role = read("role", roleWord);
  const component = read("component", componentName);
  if (subject === undefined || name === undefined || role === undefined) return [];
  return [{ subject, name, role, ...(component !== undefined && { component }) }];
}

const unique = { name: ({ name }: CertificateUser) => name, subject: subjectOf };

function subjectOf({ subject }: CertificateUser): string {
  return subjectText(subject);
}

/** Two users of one name would be one in the audit, and of one subject only the first would ever come. */
function reportRepeated(users: readonly CertificateUser[], report: Report): void {
  for (const [field, valueOf] of Object.entries(unique)) {
    const values = users.map(valueOf);
    const twice = values.find((value, at) => values.indexOf(value) !== at);
    if (twice === undefined) continue;
    const reason = `has the ${field} ${quoted(twice)} twice`;
    report({ setting: "certificates", reason, remedy: `give each user a ${field} of its own` });
  }
}
