/** Members of a workspace and their roles. */
export { type Member, TeamService } from "./service.ts";
