// The identity that a request asks for: what it leaves out is filled in, and what nobody may have is refused.
import { create } from "@bufbuild/protobuf";
import { Role, roleName } from "../../rbac/role.ts";
import { type User, UserSchema } from "../../../gen/metal/store/v1/user_pb.ts";
import type { UserServiceCreateRequest } from "../../../gen/metal/v1/user_pb.ts";
import { type Component, components } from "../../domain/component.ts";
import { alreadyExists, invalid } from "../../domain/errors.ts";
import type { RuleTable } from "../../rbac/rule.ts";
import type { Transaction } from "../../store/store.ts";
import { ruleOf } from "../access/answer.ts";
import { componentNamed } from "./limit.ts";

/** An identity that the settings name. */
export interface ConfiguredUser {
  /** As a caller: "hmac:Metal-Edit". */
  readonly id: string;
  readonly name: string;
  /** Undefined if it does not sign. */
  readonly type?: string;
  readonly role: Role;
  readonly component?: string;
  readonly keys: readonly { readonly id: string; readonly notAfter?: Date }[];
}

/** The identity, without keys. Throws invalid_argument. */
export function draftOf(request: UserServiceCreateRequest, rules: RuleTable): User {
  const { owner, description, limitedTo } = request;
  const component = wantedComponent(request);
  const name = request.name || request.component;
  const type = request.type || name;
  assertWord("name", name);
  assertWord("type", type);
  limitedTo.forEach((procedure, at) => {
    if (ruleOf(rules, procedure) === undefined)
      throw invalid(`limited_to[${at}]: no RPC "${procedure}"`);
  });
  if (component && limitedTo.length > 0)
    throw invalid(`limited_to: component "${component.name}" has RPCs of its own`);
  const role = roleOf(request.role, component);
  const named = { id: name, type, role, component: request.component };
  return create(UserSchema, { ...named, owner: owner.trim(), description, limitedTo });
}

function wantedComponent({ component }: UserServiceCreateRequest): Component | undefined {
  if (component === "") return undefined;
  const found = componentNamed(component);
  if (found) return found;
  const names = components.map(({ name }) => name).join(", ");
  throw invalid(`component: no component "${component}"; there are: ${names}`);
}

function roleOf(given: Role, component: Component | undefined): Role {
  const documented = component?.documentedRole ?? Role.UNSPECIFIED;
  const role = given === Role.UNSPECIFIED ? documented : given;
  if (role === Role.UNSPECIFIED) throw invalid("role: is needed for what is no component");
  if (component && role > documented)
    throw invalid(`role: ${component.name} gets ${roleName(documented)} at most`);
  return role;
}

/** A scheme is a token (RFC 9110, section 11.1); of those, what needs no quotes anywhere. */
const word = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** What every client of metal-stack takes for somebody else. */
const reserved = /^(?:Metal-.*|metal-(?:admin|edit|view|viewer)|bearer|basic)$/;

function assertWord(field: string, text: string): void {
  if (!word.test(text))
    throw invalid(`${field}: "${text}" is not made of letters, digits, ".", "_" and "-"`);
  if (reserved.test(text) || /^(?:bearer|basic)$/i.test(text))
    throw invalid(`${field}: "${text}" is reserved`);
}

/** Throws already_exists if somebody has the name or the type. */
export async function assertUnique(
  tx: Pick<Transaction, "user">,
  { id, type }: User,
  configured: readonly ConfiguredUser[],
): Promise<void> {
  if (configured.some(({ name }) => name === id))
    throw alreadyExists(`the settings name a user "${id}"`);
  if (configured.some((user) => user.type === type))
    throw alreadyExists(`the settings name a user with the type "${type}"`);
  if (await tx.user.get(id)) throw alreadyExists(`there is a user "${id}"`);
  const [other] = await tx.user.list({ where: { type }, limit: 1 });
  if (other) throw alreadyExists(`user "${other.id}" has the type "${type}"`);
}
