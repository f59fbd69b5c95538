/** Who may do what: permissions, the built-in roles, and the host's own. Data, checked on every call that names an actor. */
import { CampaignKitError } from "../ports/errors.ts";

/** Everything that can be allowed. `read` looks, `write` changes; the rest are acts that deserve their own consent. */
export const PERMISSIONS = [
  "campaigns:read",
  "campaigns:write",
  "campaigns:launch",
  "content:read",
  "content:write",
  "content:approve",
  "delivery:read",
  "delivery:operate",
  "audience:read",
  "audience:write",
  "audience:export",
  "budgets:read",
  "budgets:write",
  "analytics:read",
  "events:write",
  "policies:read",
  "policies:write",
  "team:read",
  "team:write",
  "activity:read",
] as const;

/** One permission. */
export type Permission = (typeof PERMISSIONS)[number];

/** Roles and what each allows. */
export type RoleTable = Readonly<Record<string, readonly Permission[]>>;

const READ = PERMISSIONS.filter((permission) => permission.endsWith(":read"));

/** The roles every workspace has. A host adds its own, or redefines these, by the `roles` option. */
export const BUILT_IN_ROLES = {
  owner: PERMISSIONS,
  editor: [
    ...READ,
    "campaigns:write",
    "campaigns:launch",
    "content:write",
    "delivery:operate",
    "audience:write",
    "budgets:write",
    "events:write",
  ],
  approver: [...READ, "content:approve"],
  viewer: READ,
} as const satisfies RoleTable;

/** The actor of work that nobody asked for by name: jobs, rules, the engine itself. May do everything. */
export const SYSTEM_ACTOR = "system";

/**
 * Refuses what the role does not allow.
 *
 * @throws {FORBIDDEN} naming the permission and the role (`null`: the actor is no member of the workspace).
 */
export function assertAllowed(
  roles: RoleTable,
  actor: string,
  role: string | null,
  permission: Permission,
): void {
  const allowed = role === null ? [] : Object.hasOwn(roles, role) ? (roles[role] ?? []) : [];
  if (allowed.includes(permission)) return;
  const who =
    role === null ? `"${actor}" is no member of this workspace` : `"${actor}" has the role "${role}"`;
  throw new CampaignKitError(
    "FORBIDDEN",
    `${who}, which does not allow ${permission}. An owner can change that with team.setMember.`,
    {
      actor,
      permission,
      role,
    },
  );
}
