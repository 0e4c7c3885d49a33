// All HMAC users that the settings name: metal-stack's three by a key each, others by the list in the file.
import { defaultUsers, type HmacUser } from "../auth/hmac-user.ts";
import { type PlacedUser, userProblems } from "../auth/key-rules.ts";
import type { Report } from "../domain/problem.ts";
import { type KeySetting, readKey } from "./key.ts";
import { readListedUsers, type WindowSeconds } from "./listed-users.ts";

/** What the settings say about HMAC users. */
export interface HmacSettings {
  readonly defaults: readonly (KeySetting & { readonly name: string })[];
  /** The value of "users", as the file has it. */
  readonly listed: unknown;
  readonly windowSeconds: WindowSeconds;
}

/** The users. Whatever forbids to start with them is reported. */
export function readHmacUsers(settings: HmacSettings, report: Report): HmacUser[] {
  const { defaults, listed, windowSeconds } = settings;
  const users = [
    ...defaults.flatMap((given) => readDefaultUser(given, windowSeconds, report)),
    ...readListedUsers(listed, windowSeconds, report),
  ];
  userProblems(users).forEach(report);
  return users.map(({ user }) => user);
}

function readDefaultUser(
  given: HmacSettings["defaults"][number],
  windowSeconds: WindowSeconds,
  report: Report,
): PlacedUser[] {
  const known = defaultUsers.find(({ name }) => name === given.name);
  const secret = readKey(given, report);
  if (known === undefined || secret === undefined) return [];
  const { name, role } = known;
  const keys = [{ id: "current", secret }];
  const user = { name, type: name, keys, role, windowSeconds: windowSeconds(role) };
  return [{ place: given.place, keyPlaces: [given.place], user }];
}
