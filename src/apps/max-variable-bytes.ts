/** The most that a conversation variable holds, as JSON (`facts/dify-dsl-engine.md` §2.2). */
export const MAX_VARIABLE_BYTES = 200 * 1024;
