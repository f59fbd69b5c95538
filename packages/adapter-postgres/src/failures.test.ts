import { describe, expect, it } from "vitest";
import { breaksConnection, classify, classifyCommit, isStaleStatement } from "./failures.ts";

const said = (code: string, message = "said by the server") => Object.assign(new Error(message), { code });

describe("classifying failures", () => {
  it.each([
    ["23505", "unique"],
    ["23503", "constraint"],
    ["23502", "constraint"],
    ["40001", "contention"],
    ["40P01", "contention"],
    ["55P03", "contention"],
    ["53100", "full"],
    ["53300", "unavailable"],
    ["08006", "unavailable"],
    ["08P01", "invalid"],
    ["57P01", "unavailable"],
    ["57P03", "unavailable"],
    ["25006", "unavailable"],
    ["28P01", "unavailable"],
    ["3D000", "unavailable"],
    ["42601", "invalid"],
    ["22P02", "invalid"],
    ["25P02", "invalid"],
    ["0A000", "invalid"],
  ])("%s is %s", (code, kind) => {
    expect(classify(said(code), "a statement").details.kind).toBe(kind);
  });

  it("takes what has no SQLSTATE for the network, unless the call was wrong", () => {
    expect(classify(said("ECONNRESET"), "a statement").details.kind).toBe("unavailable");
    expect(classify(new Error("Connection terminated unexpectedly"), "a statement").details.kind).toBe(
      "unavailable",
    );
    expect(classify(new TypeError("no function"), "a statement").details.kind).toBe("invalid");
  });

  it("leaves a commit's outcome open only where nobody can know it", () => {
    const kindAtCommit = (error: unknown) => classifyCommit(error, "COMMIT").details.kind;
    expect(kindAtCommit(said("ECONNRESET"))).toBe("outcome-unknown");
    expect(kindAtCommit(said("57P01"))).toBe("outcome-unknown");
    expect(kindAtCommit(said("40001"))).toBe("contention");
    expect(kindAtCommit(said("23505"))).toBe("unique");
    expect(kindAtCommit(said("57014"))).toBe("unavailable");
    expect(kindAtCommit(new Error("Client has encountered a connection error and is not queryable"))).toBe(
      "unavailable",
    );
  });

  it("throws connections away only when they are broken", () => {
    expect(["ECONNRESET", "57P01", "08006"].map((code) => breaksConnection(said(code)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["23505", "08P01", "57014", "40001"].map((code) => breaksConnection(said(code)))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it("repeats only what is stale, not every unsupported feature", () => {
    expect(isStaleStatement(said("0A000", "cached plan must not change result type"))).toBe(true);
    expect(isStaleStatement(said("26000", 'prepared statement "ck_1" does not exist'))).toBe(true);
    expect(isStaleStatement(said("0A000", "cannot alter type of a column used by a view"))).toBe(false);
  });
});
