// River for Rust: `node river.mjs RIVERQUEUE DATABASE_URL JOBS`, by the bench that comes with its
// own program, on an empty database. Its rows are kept, and it measures its drain only.
import { execFileSync } from "node:child_process";
import { report } from "./measure.mjs";

const [program, url, jobsText] = process.argv.slice(2);
const options = { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };

execFileSync(program, ["migrate-up", "--database-url", url], options);
for (const workers of [200, 500, 2000]) {
  const words = ["bench", "--database-url", url, "-n", jobsText, "--max-workers", String(workers)];
  const said = execFileSync(program, words, options);
  const worked = Number(/total jobs worked \[\s*(\d+)/.exec(said)?.[1]);
  const per_second = Number(/overall job\/sec \[\s*([\d.]+)/.exec(said)?.[1]);
  if (worked !== Number(jobsText) || !(per_second > 0)) throw new Error(`not a figure: ${said}`);
  report({
    system: "River for Rust",
    mode: "drain-kept",
    settings: `${workers} workers, rows kept`,
    jobs: worked,
    seconds: worked / per_second,
    per_second,
  });
}
