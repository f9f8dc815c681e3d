/** `bootstrap`: the bucket for Terraform's state with the stack that it belongs to, then the lake's buckets and roles. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "./console.ts";
import type { Session } from "./session.ts";
import { changeStorage } from "./storage.ts";

/** The state bucket in the bootstrap stack. */
const bucketAddress = "aws_s3_bucket.state";

/** Creates the bucket, then lets the stack import it. Continues after an interruption when it is run again. */
export async function bootstrap(session: Session): Promise<void> {
  const { aws, environment, options } = session;
  const bucket = session.stateBucket;
  await session.synthesize();
  session.step(`Create the bucket ${bucket} for Terraform's state, unless it exists`);
  if (!options.dryRun) {
    if (!(await aws.bucketExists(bucket))) {
      await session.confirm(`Create the bucket ${bucket} in ${environment.region}?`);
      await aws.createBucket(bucket);
    }
    // Terraform ignores this once the bucket is in its state.
    const document = { import: [{ to: bucketAddress, id: bucket }] };
    const { folder } = session.stack("bootstrap");
    writeFileSync(join(folder, "import.tf.json"), JSON.stringify(document));
  }
  session.step("Apply the stack, with the bucket in it");
  const stack = await session.open("bootstrap");
  await session.change(stack, async () => ({}));
  for (const [name, value] of await stack.outputs()) {
    say(`${name}: ${value}`);
  }
  await changeStorage(session);
}
