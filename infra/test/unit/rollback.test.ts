/** After new images went live, an alarm that starts to ring brings back the images before. */
import { describe, expect, it } from "vitest";
import { type Live, liveImages, type Watched, watch } from "../../src/deploy/rollback.ts";
import { bare } from "../../testing/environments.ts";

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const before: Live = {
  digests: { "bronze-silver": digest("a"), "silver-gold": digest("b") },
  versions: { "bronze-silver": "3", "silver-gold": "5" },
};
const after: Live = {
  digests: { "bronze-silver": digest("c"), "silver-gold": digest("b") },
  versions: { "bronze-silver": "4", "silver-gold": "5" },
};

/** What was done, and a deployment whose alarms ring look by look. */
function watchedWith(looks: readonly (readonly string[] | Error)[], change: Partial<Watched> = {}) {
  const done: string[] = [];
  let look = 0;
  const watched: Watched = {
    environment: { ...bare, rollbackMinutes: 2 },
    aws: {
      ringing: async () => {
        const found = looks[look++] ?? [];
        if (found instanceof Error) {
          throw found;
        }
        return found;
      },
      goLive: async (name, version) => void done.push(`${name} ${version}`),
    },
    before,
    rang: [],
    live: async () => after,
    redeploy: async (digests) => void done.push(`redeploy ${digests["bronze-silver"]}`),
    stopped: new AbortController().signal,
    pause: async () => void done.push("pause"),
    ...change,
  };
  return { done, watched };
}

describe("watch", () => {
  it("looks every half minute, and ends if no alarm rings", async () => {
    const { done, watched } = watchedWith([]);
    await watch(watched);
    expect(done).toEqual(["pause", "pause", "pause", "pause"]);
  });

  it("points the alias of the changed function back at once, and then lets Terraform follow", async () => {
    const { done, watched } = watchedWith([[], ["lakehouse-bare-bronze-silver-errors"]]);
    await expect(watch(watched)).rejects.toMatchObject({
      code: "ROLLED_BACK",
      message: expect.stringMatching(
        /bronze-silver-errors began to ring .*bronze-silver went back/,
      ),
    });
    expect(done).toEqual([
      "pause",
      "pause",
      "lakehouse-bare-bronze-silver 3",
      `redeploy ${digest("a")}`,
    ]);
  });

  it("takes back both functions that have the image of silver-gold", async () => {
    const digests = { ...before.digests, "silver-gold": digest("e") };
    const { done, watched } = watchedWith([["lakehouse-bare-gold-task-errors"]], {
      before: { ...before, versions: { ...before.versions, "gold-task": "7" } },
      live: async () => ({ ...before, digests }),
    });
    await expect(watch(watched)).rejects.toHaveProperty("code", "ROLLED_BACK");
    expect(done).toContain("lakehouse-bare-silver-gold 5");
    expect(done).toContain("lakehouse-bare-gold-task 7");
  });

  it("ignores alarms that rang before, and those that no image causes", async () => {
    const alarms = [
      "lakehouse-bare-gold-checks-failed",
      "lakehouse-bare-delivery-failures-orders",
      "lakehouse-bare-silver-gold-throttles",
      "lakehouse-bare-bronze-replica-failures",
    ];
    const { done, watched } = watchedWith([alarms, alarms], {
      rang: ["lakehouse-bare-gold-checks-failed"],
    });
    await watch(watched);
    expect(done).toHaveLength(4);
  });

  it("goes on if the alarms can't be read once", async () => {
    const { done, watched } = watchedWith([new Error("no network"), ["lakehouse-bare-memory"]]);
    await expect(watch(watched)).rejects.toHaveProperty("code", "ROLLED_BACK");
    expect(done).toContain(`redeploy ${digest("a")}`);
  });

  it("leaves images alone that somebody else has deployed in the meantime", async () => {
    const others = { ...after, digests: { ...after.digests, "bronze-silver": digest("d") } };
    const lives = [after, others];
    const { done, watched } = watchedWith([["lakehouse-bare-gold-late"]], {
      live: async () => lives.shift() ?? others,
    });
    await expect(watch(watched)).rejects.toThrow(/somebody else has deployed/);
    expect(done).toEqual(["pause"]);
  });

  it.each<[string, Partial<Watched>]>([
    ["no image changed", { live: async () => before }],
    ["nothing was deployed before", { before: { digests: {}, versions: {} } }],
    ["the environment does not ask for it", { environment: bare }],
  ])("does not wait if %s", async (_, change) => {
    const { done, watched } = watchedWith([["lakehouse-bare-gold-late"]], change);
    await watch(watched);
    expect(done).toEqual([]);
  });

  it("rolls back a deployment of the time before aliases with Terraform alone", async () => {
    const { done, watched } = watchedWith([["lakehouse-bare-gold-late"]], {
      before: { ...before, versions: {} },
    });
    await expect(watch(watched)).rejects.toHaveProperty("code", "ROLLED_BACK");
    expect(done).toEqual(["pause", `redeploy ${digest("a")}`]);
  });

  it("ends, with the new images live, if the program is stopped", async () => {
    const stop = new AbortController();
    const { done, watched } = watchedWith([], {
      stopped: stop.signal,
      pause: async () => {
        stop.abort(new Error("stopped"));
        throw new Error("aborted");
      },
    });
    await expect(watch(watched)).rejects.toThrow("stopped");
    expect(done).toEqual([]);
  });
});

it("reads what is live from Terraform's state", () => {
  const values = (name: string) => ({ function_name: `lakehouse-bare-${name}` });
  expect(
    liveImages([
      {
        address: "aws_lambda_function.bronze_silver",
        type: "aws_lambda_function",
        values: { image_uri: `registry/bronze-silver@${digest("a")}` },
      },
      {
        address: "aws_lambda_alias.bronze_silver_live",
        type: "aws_lambda_alias",
        values: { ...values("bronze-silver"), function_version: "3" },
      },
    ]),
  ).toEqual({ digests: { "bronze-silver": digest("a") }, versions: { "bronze-silver": "3" } });
});
