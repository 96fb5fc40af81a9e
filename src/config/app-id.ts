/** App ids are file names of DSL files without their ending, see `apps/app-registry.ts`. */
export const APP_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
