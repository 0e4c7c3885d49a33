// A small server for the command line to talk to: three kinds in memory, HMAC users, refusals with their facts, and
// the validation that the real server does. It speaks HTTP/1.1 on a free port of the loopback.
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { clone, create, type DescMessage, getOption, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createValidateInterceptor } from "@connectrpc/validate";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { min_role, Role } from "../../gen/metal/rbac/v1/rbac_pb.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { HealthService, HealthStatus } from "../../gen/metal/v1/health_pb.ts";
import { type Image, ImageSchema, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import {
  type Size,
  type SizeReservation,
  SizeReservationSchema,
  SizeSchema,
  SizeService,
} from "../../gen/metal/v1/size_pb.ts";
import { type Tenant, TenantSchema, TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";

/** The keys of the three users. */
export const keys = {
  "Metal-View": "v".repeat(40),
  "Metal-Edit": "e".repeat(40),
  "Metal-Admin": "a".repeat(40),
};

const heldRoles: Readonly<Record<string, Role>> = {
  "Metal-View": Role.VIEWER,
  "Metal-Edit": Role.EDITOR,
  "Metal-Admin": Role.ADMIN,
};
const roleNames: Readonly<Record<number, string>> = {
  1: "Public",
  2: "Authenticated",
  3: "Viewer",
  4: "Editor",
  5: "Admin",
};

/** When the server says that things were made. */
export const serverTime = new Date("2026-01-15T10:00:00Z");

/** A running server. */
export interface MemoryServer {
  readonly url: string;
  readonly image: Shelf<Image>;
  readonly size: Shelf<Size>;
  readonly tenant: Shelf<Tenant>;
  /** Every call that arrived: procedure, HTTP method and headers. */
  readonly calls: { procedure: string; httpMethod: string; headers: IncomingHttpHeaders }[];
  /** Answers the next calls of a procedure, "image/Update", with these errors. */
  readonly fail: (procedure: string, ...errors: ConnectError[]) => void;
  readonly health: { status: HealthStatus };
  readonly stop: () => Promise<void>;
}

/** The entities of a kind by id. */
export interface Shelf<Entity extends Message> {
  readonly all: Map<string, Entity>;
  readonly get: (id: string) => Entity;
  readonly page: (request: { pageSize: number; pageToken: string }) => {
    items: Entity[];
    nextPageToken: string;
  };
  readonly insert: (entity: Entity | undefined) => Entity;
  readonly update: (entity: Entity | undefined, mask: readonly string[]) => Entity;
  readonly remove: (id: string) => Entity;
}

interface Stamp {
  id: string;
  generation?: bigint | undefined;
}

/** Starts a server on a free port. */
export async function startServer(): Promise<MemoryServer> {
  const image = shelf<Image>(ImageSchema, "image", plainStamp);
  const size = shelf<Size>(SizeSchema, "size", plainStamp);
  const tenant = shelf<Tenant>(TenantSchema, "tenant", metaStamp);
  const reservation = shelf<SizeReservation>(SizeReservationSchema, "reservation", plainStamp);
  const health = { status: HealthStatus.HEALTHY as HealthStatus };
  const failures = new Map<string, ConnectError[]>();
  const calls: MemoryServer["calls"] = [];
  const routes = (router: ConnectRouter) => {
    router.service(ImageService, {
      get: ({ id }) => ({ image: image.get(id) }),
      list: (request) => paged(image, request, "images"),
      create: (request) => ({ image: image.insert(request.image) }),
      update: (request) => ({
        image: image.update(request.image, request.updateMask?.paths ?? []),
      }),
      delete: ({ id }) => ({ image: image.remove(id) }),
    });
    router.service(SizeService, {
      get: ({ id }) => ({ size: size.get(id) }),
      list: (request) => paged(size, request, "sizes"),
      create: (request) => ({ size: size.insert(request.size) }),
      update: (request) => ({ size: size.update(request.size, request.updateMask?.paths ?? []) }),
      delete: ({ id }) => ({ size: size.remove(id) }),
      getReservation: ({ id }) => ({ reservation: reservation.get(id) }),
      createReservation: (request) => ({ reservation: reservation.insert(request.reservation) }),
      listReservations: (request) => paged(reservation, request, "reservations"),
    });
    router.service(TenantService, {
      get: ({ id }) => ({ tenant: tenant.get(id) }),
      list: (request) => paged(tenant, request, "tenants"),
      create: (request) => ({ tenant: tenant.insert(request.tenant) }),
      update: (request) => ({
        tenant: tenant.update(request.tenant, request.updateMask?.paths ?? []),
      }),
      delete: ({ id }) => ({ tenant: tenant.remove(id) }),
    });
    router.service(PartitionService, {
      getCapacity: () => ({
        capacities: [
          {
            partitionId: "p1",
            sizes: [
              {
                sizeId: "s1",
                total: 5,
                allocated: 1,
                free: 3,
                faulty: 2,
                reservations: 3,
                usedReservations: 1,
              },
              { sizeId: "s2" },
            ],
          },
        ],
      }),
    });
    router.service(HealthService, {
      get: () => ({
        status: health.status,
        components: [{ name: "store", status: health.status }],
      }),
    });
    router.service(VersionService, {
      get: () => ({ version: "9.8.7", minClientVersion: "0.0.1", rulesHash: "abc" }),
    });
    router.service(AccessService, {
      whoAmI: (_, { requestHeader }) => {
        const name = userOf(requestHeader.get("authorization"));
        return {
          id: `hmac:${name}`,
          name,
          role: heldRoles[name] ?? Role.AUTHENTICATED,
          credentialKind: "hmac",
        };
      },
      check: ({ procedures }, { requestHeader }) => ({
        decisions: procedures.map((procedure) => {
          const minRole = procedure.endsWith("/Create") ? Role.ADMIN : Role.VIEWER;
          const held = heldRoles[userOf(requestHeader.get("authorization"))] ?? 0;
          return {
            rule: { procedure, minRole },
            allowed: held >= minRole,
            refusal: held >= minRole ? "" : "ROLE_TOO_LOW",
          };
        }),
      }),
    });
  };
  const planned: Interceptor = (next) => async (request) => {
    const kind = request.service.name.replace("Service", "").toLowerCase();
    const failure = failures.get(`${kind}/${request.method.name}`)?.shift();
    if (failure) throw failure;
    return await next(request);
  };
  const adapter = connectNodeAdapter({
    routes,
    interceptors: [gate, createValidateInterceptor(), planned],
  });
  const server = createServer((request, response) => {
    const procedure = (request.url ?? "").slice(1);
    calls.push({ procedure, httpMethod: request.method ?? "", headers: request.headers });
    adapter(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    image,
    size,
    tenant,
    calls,
    health,
    fail: (procedure, ...errors) => void failures.set(procedure, errors),
    stop: () => stop(server),
  };
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function userOf(authorization: string | null): string {
  return authorization?.split(" ")[0] ?? "";
}

/** Refuses as the real server does. */
const gate: Interceptor = (next) => async (request) => {
  const needed = getOption(request.method, min_role);
  const procedure = `${request.service.typeName}/${request.method.name}`;
  const facts = { procedure, required_role: roleNames[needed] ?? "", trace_id: "trace-1" };
  const authorization = request.header.get("authorization");
  if (authorization === null && needed > Role.PUBLIC)
    throw refusal(Code.Unauthenticated, "NO_CREDENTIAL", facts);
  if (authorization === null) return await next(request);
  const user = userOf(authorization);
  if (!isSigned(request.header, request.requestMethod))
    throw refusal(Code.Unauthenticated, "BAD_CREDENTIAL", { procedure, trace_id: "trace-1" });
  const held = heldRoles[user] ?? Role.UNSPECIFIED;
  const caller = {
    principal: `hmac:${user}`,
    held_role: roleNames[held] ?? "",
    credential: `HMAC key of ${user}`,
    rule: "proto/metal/v1/thing.proto:31",
  };
  if (held < needed) throw refusal(Code.PermissionDenied, "ROLE_TOO_LOW", { ...facts, ...caller });
  return await next(request);
};

function refusal(code: Code, reason: string, metadata: Record<string, string>): ConnectError {
  const value = { reason, domain: "metal-connect", metadata };
  return new ConnectError("no", code, {}, [{ desc: ErrorInfoSchema, value }]);
}

function isSigned(header: Headers, httpMethod: string): boolean {
  const [type = "", mac] = (header.get("authorization") ?? "").split(" ");
  const key = Object.entries(keys).find(([name]) => name === type)?.[1];
  const signed = `${header.get("x-date")}${httpMethod}${header.get("x-data-salt")}`;
  return key !== undefined && mac === createHmac("sha256", key).update(signed).digest("hex");
}

function paged<Entity extends Message, Name extends string>(
  { page }: Shelf<Entity>,
  request: { pageSize: number; pageToken: string },
  name: Name,
): Record<Name, Entity[]> & { nextPageToken: string } {
  const { items, nextPageToken } = page(request);
  return { [name]: items, nextPageToken } as Record<Name, Entity[]> & { nextPageToken: string };
}

type StampOf<Entity> = (entity: Entity) => Stamp;

function plainStamp(entity: { id: string; generation?: bigint; created?: unknown }): Stamp {
  entity.created = timestampFromDate(serverTime);
  return entity;
}

function metaStamp({ meta }: Tenant): Stamp {
  if (!meta) throw new ConnectError("no meta", Code.InvalidArgument);
  return {
    get id() {
      return meta.id;
    },
    get generation() {
      return meta.version;
    },
    set generation(version) {
      Object.assign(meta, { version });
    },
  };
}

function shelf<Entity extends Message>(
  desc: DescMessage,
  noun: string,
  stampOf: StampOf<Entity>,
): Shelf<Entity> {
  const all = new Map<string, Entity>();
  const get = (id: string): Entity => {
    const entity = all.get(id);
    if (!entity) throw new ConnectError(`no ${noun} "${id}"`, Code.NotFound);
    return entity;
  };
  const sent = (entity: Entity | undefined) => clone(desc, entity ?? create(desc)) as Entity;
  return {
    all,
    get,
    page: ({ pageSize, pageToken }) => {
      const ids = [...all.keys()].sort().filter((id) => id > pageToken);
      const taken = ids.slice(0, Math.min(pageSize || 2, 2));
      const last = ids.length > taken.length ? (taken.at(-1) ?? "") : "";
      return { items: taken.map(get), nextPageToken: last };
    },
    insert: (entity) => {
      const made = sent(entity);
      const stamp = stampOf(made);
      if (all.has(stamp.id))
        throw new ConnectError(`${noun} "${stamp.id}" exists`, Code.AlreadyExists);
      stamp.generation = 0n;
      all.set(stamp.id, made);
      return made;
    },
    update: (entity, mask) => {
      const { id, generation } = stampOf(sent(entity));
      const before = get(id);
      const current = stampOf(before).generation ?? 0n;
      if (generation !== current) throw new ConnectError(`${noun} "${id}" changed`, Code.Aborted);
      const after = clone(desc, before) as Entity;
      for (const path of mask)
        take(reflect(desc, after), reflect(desc, sent(entity)), path.split("."));
      stampOf(after).generation = current + 1n;
      all.set(id, after);
      return after;
    },
    remove: (id) => {
      const entity = get(id);
      all.delete(id);
      return entity;
    },
  };
}

function take(to: ReflectMessage, from: ReflectMessage, [name, ...rest]: readonly string[]): void {
  const field = to.fields.find((candidate) => candidate.name === name);
  if (!field) throw new ConnectError(`no field ${name}`, Code.InvalidArgument);
  if (rest.length > 0 && field.fieldKind === "message") {
    const part = to.get(field);
    to.set(field, part);
    return take(to.get(field), from.get(field), rest);
  }
  if (!from.isSet(field)) return to.clear(field);
  to.set(field, from.get(field));
}
