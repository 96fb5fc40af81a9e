import type { ParameterSchema } from '../tool.ts';

/** One operation of a document, as it becomes a tool and a request. */
export interface Operation {
  /** Of its tool; no other of the document has it. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** For models. */
  readonly description: string;
  /** In capitals. */
  readonly method: string;
  /** Template that is appended to the server's path, e.g. `/pets/{id}`. */
  readonly path: string;
  /** Absolute, without user and password. */
  readonly server: URL;
  /** One flat object: parameters and the fields of the body, by argument. */
  readonly schema: ParameterSchema;
  readonly parameters: readonly ParameterBinding[];
  readonly body: BodyBinding | null;
  /** What the `accept` header says. */
  readonly accept: string;
  /** Alternatives: each a set of schemes that are needed together. Empty: none is needed. */
  readonly security: readonly (readonly SecurityScheme[])[];
}

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie';

export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject';

/** How a value is written into an address, a header or a form. */
export interface Serialization {
  /** On the wire. */
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** Characters with a meaning in URLs stay as they are, but for those that would end the value. */
  readonly allowReserved: boolean;
  /** The value is sent as JSON text. */
  readonly json: boolean;
}

export interface ParameterBinding extends Serialization {
  /** Key in the tool's arguments. */
  readonly argument: string;
  readonly place: ParameterPlace;
}

/** A body made of one argument, or of one for each of its fields. */
export type BodyBinding = {
  readonly mediaType: string;
  readonly encoding: BodyEncoding;
} & (
  | { readonly kind: 'whole'; readonly argument: string }
  | {
      readonly kind: 'fields';
      readonly fields: readonly BodyField[];
      /** Without any of its arguments there is no body, unless it must be there. */
      readonly required: boolean;
    }
);

/** `base64`: bytes, which the argument has in base64. */
export type BodyEncoding = 'json' | 'form' | 'multipart' | 'text' | 'base64';

export interface BodyField extends Serialization {
  readonly argument: string;
  /** Needed once there is a body. */
  readonly required: boolean;
  /** Of a multipart body: the argument is a file, or several, see `file-argument.ts`. */
  readonly file: boolean;
  /** Of a file's part; null: by its name. */
  readonly mediaType: string | null;
}

/** Where a credential goes. `other`: in a way that is not spoken here, such as a client's certificate. */
export type SecurityScheme = {
  /** As the document names it. */
  readonly name: string;
} & (
  | { readonly kind: 'key'; readonly place: 'header' | 'query' | 'cookie'; readonly key: string }
  | { readonly kind: 'basic' }
  /** An authorization header with this word before the credential, e.g. `Bearer`. */
  | { readonly kind: 'token'; readonly word: string }
  | { readonly kind: 'other'; readonly type: string }
);
