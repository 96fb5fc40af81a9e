/** Shown beside a tool's name: an emoji on a colour, or the address of a picture (`facts/dify-wire.md` §9.2). */
export type ToolIcon = string | { readonly background: string; readonly content: string };
