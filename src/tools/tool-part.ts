/** A piece of what a tool answers, in order (`facts/dify-dsl-engine.md` §4.16). */
export type ToolPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'link'; readonly url: string }
  | {
      readonly kind: 'file';
      readonly data: Uint8Array;
      readonly mimeType: string;
      readonly filename: string;
    };
