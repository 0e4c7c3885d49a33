// What is written once, and what is written each time.
import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { BookSchema } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { MachineSchema, MachineServiceListResponseSchema } from "../../gen/metal/v1/machine_pb.ts";
import { type Write, writingListsOnce, writingOnce } from "../../src/fast/written.ts";

const book = (isbn: string) => create(BookSchema, { isbn });

test("a frozen message is written once, and another one like it by itself", () => {
  const asked: unknown[] = [];
  const write = writingOnce((message) => {
    asked.push(message);
    return new Uint8Array([asked.length]);
  });
  const [one, other] = [Object.freeze(book("1")), Object.freeze(book("1"))];
  expect([write(one), write(other), write(one)].map(([byte]) => byte)).toEqual([1, 2, 1]);
  expect(asked).toEqual([one, other]);
});

test("a message that may change is written each time", () => {
  const changing = book("1");
  const write = writingOnce((message) => new TextEncoder().encode(JSON.stringify(message)));
  const before = write(changing);
  changing.isbn = "2";
  expect(write(changing)).not.toEqual(before);
});

test("what cannot be written is tried again", () => {
  const write = writingOnce(() => {
    throw new Error("no");
  });
  const one = Object.freeze(book("1"));
  expect(() => write(one)).toThrow("no");
  expect(() => write(one)).toThrow("no");
});

describe("a message that begins with a list", () => {
  const unlimited = { binaryOptions: {}, writeMaxBytes: 1e9 };
  /** What is written, and the messages that were written as a whole for it. */
  function written(schema: DescMessage, message: Message, options = unlimited) {
    const asked: Message[] = [];
    const write: Write = (each) => {
      asked.push(each);
      return toBinary(schema, each);
    };
    return { bytes: writingListsOnce(schema, write, options)(message), asked };
  }

  const machine = (n: number) =>
    Object.freeze(create(MachineSchema, { id: `${n}`, tags: ["a".repeat(n)] }));
  const list = (machines: Message[], nextPageToken = "") =>
    create(MachineServiceListResponseSchema, { machines: machines as never[], nextPageToken });
  const unknown = { $unknown: [{ no: 77, wireType: 0, data: new Uint8Array([1]) }] };
  const messages: Readonly<Record<string, Message>> = {
    "of frozen ones": list([machine(1), machine(200)]),
    "of one that is empty": list([Object.freeze(create(MachineSchema))]),
    "of some that are frozen": list([create(MachineSchema, { id: "5" }), machine(1)], "more"),
    "of none that is": list([create(MachineSchema, { id: "5" })], "more"),
    "of none at all": list([], "more"),
    "of the same one twice, and a field nobody knows": {
      ...list([machine(7), machine(7)], "more"),
      ...unknown,
    } as Message,
  };

  test.each(Object.entries(messages))("%s is written as it would be as a whole", (_, message) => {
    const { bytes } = written(MachineServiceListResponseSchema, message);
    expect(bytes).toEqual(toBinary(MachineServiceListResponseSchema, message as never));
  });

  test("is written without those that are frozen", () => {
    const { asked } = written(MachineServiceListResponseSchema, list([machine(1)], "more"));
    expect(asked).toEqual([list([], "more")]);
  });

  test("is left as it is", () => {
    const machines = [machine(1), machine(2)];
    const message = list(machines, "more");
    written(MachineServiceListResponseSchema, message);
    expect(message).toEqual(list(machines, "more"));
  });

  test("is refused as a whole where it cannot be written or is too large", () => {
    const broken = Object.freeze({
      ...create(MachineSchema),
      liveliness: "none",
    }) as unknown as Message;
    expect(() => written(MachineServiceListResponseSchema, list([broken]))).toThrow(
      "cannot encode",
    );
    const large = list([machine(200)]);
    const { asked } = written(MachineServiceListResponseSchema, large, {
      ...unlimited,
      writeMaxBytes: 100,
    });
    expect(asked.at(-1)).toBe(large);
  });
});
