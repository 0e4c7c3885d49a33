// DoctorService: proto/metal/v1/doctor.proto made real.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  DoctorFindingSchema,
  type DoctorService,
  type DoctorServiceCheckRequest,
  DoctorServiceCheckResponseSchema,
} from "../../gen/metal/v1/doctor_pb.ts";
import { type Books, inspect } from "../domain/books/inspect.ts";

export type { Books };

export function doctorService(books: Books) {
  return {
    async *check(_: DoctorServiceCheckRequest, { signal }: HandlerContext) {
      for await (const found of inspect(books)) {
        signal.throwIfAborted();
        yield create(DoctorServiceCheckResponseSchema, {
          finding: create(DoctorFindingSchema, found),
        });
      }
    },
  } satisfies ServiceImpl<typeof DoctorService>;
}
