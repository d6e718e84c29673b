// Takes the types out of follower.ts, for a Node.js that cannot. It knows the few forms that are in
// that file; whatever else were written there would be a syntax error afterwards.

import { readFileSync } from "node:fs";
import process from "node:process";

const type = String.raw`(?:any|boolean|never|object|string|void|Buffer|Copy|Event|Headers|Response)(?:\[\])?`;
const annotation = new RegExp(String.raw`\??: (?:${type}|(?:AsyncGenerator|Promise)<${type}>)(?: \| null)?(?=[,)]| [={])`, "g");

const text = readFileSync(process.argv[2], "utf8")
  .replace(/^type .*\n/gm, "")
  .replace(annotation, "")
  .replace(/ as (?:any|const|Error)\b/g, "");
process.stdout.write(text);
