// node load.mjs URL CONNECTIONS FILE: sends every request of FILE (bench/http_rig.py) once and prints a line of JSON.
import { readFileSync } from "node:fs";
import autocannon from "autocannon";

const [url, connections, file] = process.argv.slice(2);
const requests = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => ({ method: "POST", ...JSON.parse(line) }));
const each = Math.floor(requests.length / Number(connections));
let next = 0;
const setupClient = (client) => client.setRequests(requests.slice(each * next, each * ++next));
const started = process.hrtime.bigint();
const result = await autocannon({ url, connections: Number(connections), amount: each * Number(connections), setupClient,
  requests: requests.slice(0, 1) });
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
const { latency, errors, timeouts, non2xx } = result;
console.log(JSON.stringify({ answered: result["2xx"], seconds, errors, timeouts, refused: non2xx,
  p50: latency.p50, p99: latency.p99, max: latency.max, statuses: result.statusCodeStats }));
