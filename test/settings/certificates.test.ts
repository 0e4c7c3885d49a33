// The users that the settings know by their certificates.
import { expect, test } from "@jest/globals";
import { Role } from "../../src/rbac/role.ts";
import { readCertificateUsers } from "../../src/settings/certificates.ts";
import { problemText } from "../../src/domain/problem.ts";

function read(list: unknown) {
  const problems: string[] = [];
  const users = readCertificateUsers(list, (problem) => problems.push(problemText(problem)));
  return { users, problems };
}

const core = { subject: "CN=metal-core", name: "core", role: "edit", component: "metal-core" };
const form = "write CN=NAME, DNS=NAME or URI=NAME, with {machine} for a UUID at most once";

test("a list is read as it stands", () => {
  const hammer = { subject: "URI=spiffe://m/{machine}", name: "hammer", role: "view" };
  expect(read([core, hammer])).toEqual({
    users: [
      {
        subject: { kind: "CN", before: "metal-core" },
        name: "core",
        role: Role.EDITOR,
        component: "metal-core",
      },
      {
        subject: { kind: "URI", before: "spiffe://m/", after: "" },
        name: "hammer",
        role: Role.VIEWER,
      },
    ],
    problems: [],
  });
});

test.each<[string, unknown, string]>([
  ["no list", "CN=a", "certificates: is no list; write - {subject, name, role, component}"],
  [
    "no subject",
    [{ name: "a", role: "view" }],
    "certificates[0]: has no subject; add subject: VALUE",
  ],
  [
    "a name of no kind",
    [{ ...core, subject: "O=metal" }],
    `certificates[0].subject: is "O=metal"; ${form}`,
  ],
  ["no name", [{ ...core, subject: "CN=" }], `certificates[0].subject: is "CN="; ${form}`],
  [
    "two machines",
    [{ ...core, subject: "CN={machine}{machine}" }],
    `certificates[0].subject: is "CN={machine}{machine}"; ${form}`,
  ],
  [
    "a role that does not exist",
    [{ ...core, role: "root" }],
    'certificates[0].role: "root" is unknown; write one of view, edit, admin',
  ],
  [
    "a field that does not exist",
    [{ ...core, roles: "edit" }],
    "certificates[0].roles: is no setting; did you mean certificates[0].role?",
  ],
  [
    "one name twice",
    [core, { ...core, subject: "CN=b" }],
    'certificates: has the name "core" twice; give each user a name of its own',
  ],
  [
    "one subject twice",
    [core, { ...core, name: "b" }],
    'certificates: has the subject "CN=metal-core" twice; give each user a subject of its own',
  ],
])("%s", (_, list, problem) => {
  expect(read(list).problems).toEqual([problem]);
});
