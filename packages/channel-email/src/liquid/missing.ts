/** Which fields an error of the template engine says are missing, also when an assignment stands between. */
import {
  type Context,
  type Liquid,
  Tag,
  type TagToken,
  type Tokenizer,
  type TopLevelToken,
  Value,
} from "liquidjs";

type IdentifierToken = ReturnType<Tokenizer["readIdentifier"]>;

/** The single errors of an error: with `catchAllErrors` one holds those of the templates below it. */
export function flattenErrors(error: unknown): unknown[] {
  const errors = typeof error === "object" && error !== null && "errors" in error ? error.errors : null;
  return Array.isArray(errors) ? errors.flatMap(flattenErrors) : [error];
}

/** The variable as the author wrote it, when a missing variable is what the error is about; else `null`. */
export function missingField(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name !== "UndefinedVariableError") {
    return "originalError" in error ? missingField(error.originalError) : null;
  }
  const token = "token" in error ? error.token : null;
  if (typeof token !== "object" || token === null || !("getText" in token)) return null;
  return typeof token.getText === "function" ? String(token.getText()).replace(/\s+/g, "") : null;
}

const REGISTER = "campaignkit-assigned";

function assignments(context: Context): Map<string, string> {
  return context.getRegister(REGISTER, new Map<string, string>());
}

/** The field that a variable was assigned from; the variable itself when it was not. */
export function assignedFrom(context: Context, field: string): string {
  return assignments(context).get(field) ?? field;
}

/**
 * `{% assign x = contact.y %}` in place of the engine's own, which makes a missing field nil and so hides it. Here the variable
 * is missing like the field: harmless in a condition, reported, under the field's name, where it is output.
 */
export class AssignTag extends Tag {
  readonly #name: IdentifierToken;
  readonly #value: Value;

  constructor(token: TagToken, remaining: TopLevelToken[], liquid: Liquid) {
    super(token, remaining, liquid);
    this.#name = this.tokenizer.readIdentifier();
    this.tokenizer.assert(this.#name.content, "expected variable name");
    this.tokenizer.skipBlank();
    this.tokenizer.assert(this.tokenizer.peek() === "=", 'expected "="');
    this.tokenizer.advance();
    this.#value = new Value(this.tokenizer.readFilteredValue(), liquid);
  }

  *render(context: Context): Generator<unknown, void, unknown> {
    const variables = context.bottom();
    const name = this.#name.content;
    try {
      variables[name] = yield this.#value.value(context, false);
    } catch (error) {
      const field = missingField(error);
      if (field === null) throw error;
      variables[name] = undefined;
      assignments(context).set(name, assignedFrom(context, field));
    }
  }

  *arguments(): Generator<Value> {
    yield this.#value;
  }

  *localScope(): Generator<IdentifierToken> {
    yield this.#name;
  }
}
