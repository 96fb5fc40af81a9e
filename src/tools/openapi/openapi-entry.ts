/** A provider of tools that an OpenAPI document describes; the same wherever the owner named it. */
export interface OpenApiEntry {
  readonly name: string;
  /** Of one call; null: the default. */
  readonly timeoutMs: number | null;
  readonly document: DocumentSource;
  /** Sent with every request, and never set by a model; they are taken for credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Goes over the document's servers; null: the first of them. */
  readonly baseUrl: string | null;
  /** Credentials for the document's security schemes, by what stands after `PARLEY_TOOL_`: `<PROVIDER>__<SCHEME>`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Variables that `headers` and `query` refer to and the environment lacks. */
  readonly unset: readonly string[];
}

export type DocumentSource =
  /** Read at once, and again only by another entry. */
  | { readonly kind: 'file'; readonly path: string }
  /** Read when its tools are first asked for. */
  | { readonly kind: 'address'; readonly url: string }
  /** A copy. `name` is what errors call it, `address` where it came from, when that was an address. */
  | { readonly kind: 'text'; readonly text: string; readonly name: string; readonly address: string | null };
