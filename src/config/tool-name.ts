/** Names of providers of tools stand in DSL files, in file names and in the names of environment variables. */
export const TOOL_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
