/** Shows pages in the reader's language and the workspace's brand. */
import { documentOf, type PageContent } from "./document.ts";
import { acceptedLanguages } from "./languages.ts";
import type { PageLanguage, PageSettings } from "./settings.ts";
import { invalidPage } from "./unsubscribe-page.ts";

/** What is known of the page's reader and of how it is answered. */
export interface ShowOptions {
  readonly status?: number;
  /** `null`: not known. */
  readonly workspaceId?: string | null;
  /** The contact's language, for a browser that asks for none of ours. */
  readonly locale?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The pages of one engine. */
export class Pages {
  /** Whether a page's brand depends on the workspace. */
  readonly byWorkspace: boolean;
  readonly #settings: PageSettings;

  constructor(settings: PageSettings) {
    this.#settings = settings;
    this.byWorkspace = settings.byWorkspace;
  }

  /** The language that a reader gets. */
  languageOf(request: Request, locale: string | null = null): PageLanguage {
    const asked = acceptedLanguages(request.headers.get("accept-language"));
    return this.#settings.languageFor(locale === null ? asked : [...asked, locale]);
  }

  /** A page. */
  async show(
    request: Request,
    content: (language: PageLanguage) => PageContent,
    { status = 200, workspaceId = null, locale = null, headers = {} }: ShowOptions = {},
  ): Promise<Response> {
    const language = this.languageOf(request, locale);
    const known = workspaceId !== null || !this.byWorkspace;
    const brand = known ? await this.#settings.brandOf(workspaceId ?? "") : null;
    const bodiless = request.method === "HEAD";
    return documentOf(content(language), { language, brand, status, bodiless, headers });
  }

  /** For a link that is none of ours. It looks alike whatever is wrong. */
  invalid(request: Request): Promise<Response> {
    return this.show(request, ({ messages }) => invalidPage(messages), { status: 404 });
  }

  /** For a method that the address does not know. */
  methodNotAllowed(request: Request, allowed: readonly string[]): Promise<Response> {
    const headers = { allow: allowed.join(", ") };
    return this.show(request, ({ messages }) => invalidPage(messages), { status: 405, headers });
  }
}
