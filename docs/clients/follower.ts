// Keeps a copy of one organization's directory, and verifies webhooks. Needs Node.js and nothing else.
//
//   node follower.ts follow    takes a snapshot and follows the feed from there, until it is stopped
//   node follower.ts verify    reads a webhook from standard input: its headers, an empty line, its body
//
// README.md names the variables of the environment, and what an older Node.js needs.

import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";

type Named = { id: string; [attribute: string]: unknown };
type User = { scim_connection_id: string; user: Named; role: unknown; waiting_for_seat: boolean };
type Members = Record<string, true>;
type Group = { scim_connection_id: string; group: Named; users: Members; groups: Members };
type Everything = { users: Record<string, User>; groups: Record<string, Group> };
type Copy = Everything & { cursor: string | null; default_role: string | null };
type Event = { type: string; scim_connection_id: string; data: any };
type Headers = Record<string, string | undefined>;

const TOLERANCE = 5 * 60; // How old, or ahead of this clock, a webhook may be, in seconds.
const WAIT = 20; // How long the gateway holds a question that has no answer yet, in seconds.

/** Throws unless one of the secrets signed these bytes within the last minutes. */
export function verify(secrets: string[], headers: Headers, body: Buffer): void {
  const [id, sent, signatures] = ["id", "timestamp", "signature"].map((part) => headers[`webhook-${part}`]);
  if (!id || !sent || !signatures || !/^\d+$/.test(sent)) throw new Error("the headers of a webhook are missing");
  const age = Date.now() / 1000 - Number(sent);
  if (Math.abs(age) > TOLERANCE) throw new Error("the webhook is too old, or from the future");
  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const ours = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
    for (const signature of signatures.split(" ")) {
      const theirs = Buffer.from(signature.replace(/^v1,/, ""), "base64");
      if (signature.startsWith("v1,") && theirs.length === ours.length && timingSafeEqual(ours, theirs)) return;
    }
  }
  throw new Error("no signature fits");
}

class Refused extends Error {
  status = 0;
}

/** The copy cannot be followed any further. */
class SnapshotNeeded extends Error {}

/** The answer of the gateway, whose body may still be on its way. */
async function ask(method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(setting("ROLLCALL_URL") + path, {
    method,
    headers: { Authorization: `Bearer ${setting("ROLLCALL_API_KEY")}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (answer.ok) return answer;
  const refused = new Refused(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  refused.status = answer.status;
  throw refused;
}

/** The lines of a body as they arrive. */
async function* linesOf(answer: Response): AsyncGenerator<any> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of answer.body as any) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

/** A new copy; throws if the snapshot breaks off. */
async function takeSnapshot(organization: string): Promise<Copy> {
  const copy: Copy = { cursor: null, default_role: null, users: {}, groups: {} };
  const answer = await ask("GET", `/v1/organizations/${encodeURIComponent(organization)}/snapshot`);
  for await (const line of linesOf(answer)) {
    const { type, scim_connection_id, user, waiting_for_seat, group } = line;
    if (type === "snapshot") Object.assign(copy, { cursor: line.cursor, default_role: line.default_role });
    else if (type === "user") copy.users[user.id] = { scim_connection_id, user, role: ownRole(line.role), waiting_for_seat };
    else if (type === "group") copy.groups[group.id] = { scim_connection_id, group, users: {}, groups: {} };
    else if (type === "members") {
      for (const id of line.users) copy.groups[group.id].users[id] = true;
      for (const id of line.groups) copy.groups[group.id].groups[id] = true;
    } else if (type === "end") return copy;
  }
  throw new Error("the snapshot has no end");
}

/** A role; `null` for the default one, which may change without an event for each user. */
function ownRole(told: any): any {
  return told.source === "default" ? null : told;
}

/** Brings the copy up to an event. The same event again changes nothing. */
function apply(copy: Copy, event: Event): void {
  const { type, data, scim_connection_id } = event;
  const { users, groups } = copy;
  const known = (it: any) => {
    if (!it) throw new SnapshotNeeded(`${type} of something unknown`);
    return it;
  };
  const set = (ids: string[] = []) => Object.fromEntries(ids.map((id) => [id, true as const]));
  switch (type) {
    case "user.created":
    case "user.restored":
      users[data.user.id] = { scim_connection_id, user: data.user, role: null, waiting_for_seat: false };
      break;
    case "user.updated":
    case "user.deactivated":
    case "user.reactivated":
      known(users[data.user.id]).user = data.user;
      if (type === "user.deactivated") users[data.user.id].waiting_for_seat = false;
      break;
    case "user.waiting_for_seat":
    case "user.seated":
      known(users[data.user.id]).waiting_for_seat = type === "user.waiting_for_seat";
      break;
    case "user.role_changed":
      known(users[data.user.id]).role = ownRole(data.after);
      break;
    case "user.deleted":
      delete users[data.user.id];
      for (const group of Object.values(groups)) delete group.users[data.user.id];
      break;
    case "group.created":
    case "group.restored":
    case "group.updated": {
      const { members, member_groups, ...group } = data.group;
      groups[group.id] ??= { scim_connection_id, group, users: set(members), groups: set(member_groups) };
      groups[group.id].group = group;
      break;
    }
    case "group.deleted":
      delete groups[data.group.id];
      for (const group of Object.values(groups)) delete group.groups[data.group.id];
      break;
    case "group.member_added":
    case "group.member_removed": {
      const group = known(groups[data.group.id]);
      const [members, { id }] = data.user ? [group.users, data.user] : [group.groups, data.member_group];
      if (type === "group.member_added") members[id] = true;
      else delete members[id];
      break;
    }
    case "policy.updated":
      copy.default_role = data.policy.default_role;
      break;
    case "scim_connection.deleted":
      for (const kept of [users, groups])
        for (const [id, it] of Object.entries(kept))
          if (it.scim_connection_id === data.scim_connection.id) delete kept[id];
      break;
    case "organization.deleted":
      copy.users = {};
      copy.groups = {};
      break;
    case "scim_schema.updated":
    case "scim_schema.deleted":
    case "attribute_mapping.saved":
    case "attribute_mapping.deleted":
      throw new SnapshotNeeded(type); // Users changed without events of their own.
  }
}

/** Copy and cursor are one file, replaced as a whole. */
function save(copy: Copy, path: string): void {
  const file = openSync(`${path}.new`, "w");
  writeFileSync(file, JSON.stringify(copy));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

/** Follows the feed for ever. */
async function follow(organization: string, consumer: string, path: string): Promise<never> {
  let copy: Copy | null = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
  let [pause, saved] = [1, ""];
  for (;;) {
    try {
      if (copy === null) copy = await takeSnapshot(organization);
      else {
        const after = copy.cursor ?? "";
        const query = new URLSearchParams({ organization, after, wait_seconds: `${WAIT}`, limit: "500" });
        const page: any = await (await ask("GET", `/v1/events?${query}`)).json();
        for (const event of page.data) apply(copy, event);
        copy.cursor = page.next_cursor;
      }
      if (copy.cursor !== null && copy.cursor !== saved) {
        save(copy, path);
        const acknowledged = `/v1/consumers/${encodeURIComponent(consumer)}?${new URLSearchParams({ organization })}`;
        await ask("PUT", acknowledged, { cursor: copy.cursor });
        saved = copy.cursor;
      }
      pause = 1;
    } catch (reason) {
      const status = reason instanceof Refused ? reason.status : 0;
      // 410: the events after the cursor are not kept any more.
      if (reason instanceof SnapshotNeeded || status === 410) copy = null;
      else if (status >= 400 && status < 500 && status !== 429) throw reason;
      console.error(`again in ${pause} s: ${reason}`);
      await new Promise((wake) => setTimeout(wake, pause * 1000));
      pause = Math.min(2 * pause, 60);
    }
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

if (process.argv[2] === "follow") {
  await follow(setting("ROLLCALL_ORGANIZATION"), setting("ROLLCALL_CONSUMER"), setting("ROLLCALL_COPY"));
} else if (process.argv[2] === "verify") {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const input = Buffer.concat(chunks);
  const end = input.indexOf("\n\n");
  const lines = input.subarray(0, end).toString().split("\n").map((line) => line.split(/: */, 2));
  const headers = Object.fromEntries(lines.map(([name, value]) => [name.toLowerCase(), value]));
  try {
    verify(setting("ROLLCALL_WEBHOOK_SECRETS").split(" "), headers, input.subarray(end + 2));
    console.log("verified");
  } catch (reason) {
    console.log(`refused: ${(reason as Error).message}`);
    process.exitCode = 1;
  }
}
